# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A window that cannot draw, not now, or only slowly, says so with what to do."""
import pytest
from conftest import CHROMIUM, FLAGS, message
from daemon import wait_until
from playwright.sync_api import expect

LOSE = "window.context = viewer.renderer.getContext().getExtension('WEBGL_lose_context'); context.loseContext();"
NOTICE = ".notice[data-key=graphics]"
# Notes the share of the canvas that is not background, in the turn of each paint.
WATCH = """
    window.shares = [];
    const draw = viewer.renderer.render.bind(viewer.renderer);
    viewer.renderer.render = (scene, camera) => {
        draw(scene, camera);
        if (scene === viewer.rendered.scene && !viewer.renderer.getContext().isContextLost()) {
            const gl = viewer.renderer.getContext();
            const [width, height] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
            const pixels = new Uint32Array(width * height);
            gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(pixels.buffer));
            const counts = new Map();
            pixels.forEach((pixel) => counts.set(pixel, (counts.get(pixel) ?? 0) + 1));
            window.shares.push(1 - Math.max(...counts.values()) / pixels.length);
        }
    };
"""


@pytest.mark.parametrize("name", ["assembly-model", "image-face-model"])
def test_lost_graphics_are_said_and_come_back_painted(daemon, viewer, name):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message(name))
    viewer.wait_drawn()
    viewer.call(WATCH + "viewer.update(true, false);")
    viewer.page.wait_for_function("() => window.shares.length > 0")
    before = viewer.painted().page.evaluate("window.shares.splice(0)")[-1]
    assert before > 0.02
    viewer.call(LOSE)
    viewer.page.locator(NOTICE, has_text="lost its graphics").wait_for()
    viewer.page.evaluate("context.restoreContext()")
    viewer.page.locator(NOTICE).wait_for(state="detached")
    viewer.wait_equal(lambda: viewer.page.evaluate("window.shares.at(-1)"), pytest.approx(before, abs=0.001))


def test_what_is_shown_while_the_graphics_are_lost_is_seen_afterwards(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_drawn()
    viewer.call(WATCH + LOSE)
    viewer.page.locator(NOTICE).wait_for()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot")
    viewer.page.evaluate("context.restoreContext()")
    viewer.page.wait_for_function("() => window.shares.some((share) => share > 0.02)")
    viewer.page.locator(NOTICE).wait_for(state="detached")


def test_without_webgl_it_says_once_what_to_do(daemon, viewers, chromium):
    window = chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-3d-apis"])
    try:
        viewer = viewers(window)
        daemon.start()
        viewer.open(daemon.url).live()
        viewer.page.locator(NOTICE, has_text="hardware acceleration").wait_for()
        for name in ("box-model", "assembly-model", "ui", "clear"):
            daemon.send(message(name))
        viewer.page.wait_for_timeout(2000)  # longer than HINT_AFTER_MS of the page
        assert viewer.page.locator(".notice").count() == 1
        assert viewer.page.locator("#cad_viewer *").count() == 0
        assert viewer.page.locator(f"{NOTICE} .close").count() == 0
        wait_until(lambda: "no WebGL" in daemon.log(), what="the log line")
        assert viewer.unexpected() == []
    finally:
        window.close()


def test_software_rendering_is_said_once_in_a_browser(daemon, browser):
    """The tests' Chromium draws with SwiftShader."""
    daemon.start()
    daemon.send(message("box-model"))
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(daemon.url)
        notice = page.locator(".notice[data-key=software]")
        notice.get_by_text("SwiftShader").wait_for()
        notice.locator(".close").click()
        expect(notice).to_have_count(0)
        second = context.new_page()
        second.goto(daemon.url)
        second.wait_for_function("() => cadcast.viewer?.ready")
        second.wait_for_timeout(1500)  # longer than SOFTWARE_AFTER_MS of the page
        assert second.locator(".notice").count() == 0
    finally:
        context.close()
