# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The page in Firefox: it shows what is sent, and says if it cannot draw, not now, or only slowly."""
import subprocess

import pytest
from conftest import MESSAGES, message
from daemon import PROGRAM
from firefox import FIREFOX, XVFB, Display, Firefox

NOTICE = "document.querySelector('.notice[data-key=%s]')?.textContent ?? ''"
LIVE = "document.querySelector('#bar-state.live') !== null"
# The share of the canvas that is not background, in the turn of a paint.
PAINTED = """(() => {
    const { viewer } = globalThis.cadcast ?? {};
    if (viewer?.rendered === undefined || viewer.rendered === null) {
        return 0;
    }
    const gl = viewer.renderer.getContext();
    viewer.renderer.clear();
    viewer.renderer.render(viewer.rendered.scene, viewer.rendered.camera.getCamera());
    const pixels = new Uint32Array(gl.drawingBufferWidth * gl.drawingBufferHeight);
    gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE,
        new Uint8Array(pixels.buffer));
    const counts = new Map();
    pixels.forEach((pixel) => counts.set(pixel, (counts.get(pixel) ?? 0) + 1));
    return 1 - Math.max(...counts.values()) / pixels.length;
})()"""


@pytest.fixture(scope="module")
def display():
    for program in (FIREFOX, XVFB):
        if not program.is_file():
            pytest.skip(f"{program} is not installed")
    made = Display()
    yield made
    made.close()


@pytest.fixture
def firefox(tmp_path, display):
    made = []

    def start(**preferences):
        made.append(Firefox(tmp_path / "firefox", display, **preferences))
        return made[0]

    yield start
    for each in made:
        each.close()


def test_it_shows_what_is_sent_and_says_when_the_graphics_are_slow_and_lost(daemon, firefox):
    daemon.start()
    daemon.send(message("assembly-model"))
    page = firefox()
    page.open(daemon.url)
    page.wait(LIVE)
    page.wait(f"{PAINTED} > 0.02", "the model")
    assert "robot" in page.evaluate("document.title")
    said = page.wait(NOTICE % "software", "the word about software")
    assert "without a graphics card" in said
    page.evaluate("(globalThis.context = cadcast.viewer.renderer.getContext().getExtension('WEBGL_lose_context'))"
                  ".loseContext()")
    page.wait(f"({NOTICE % 'graphics'}).includes('lost its graphics')")
    page.evaluate("context.restoreContext()")
    page.wait(f"({NOTICE % 'graphics'}) === ''")
    page.wait(f"{PAINTED} > 0.02", "the model again")
    # A second show is drawn, too.
    daemon.send(message("box-model"))
    page.wait("document.title.startsWith('Solid')")
    assert not page.errors


def test_without_webgl_it_says_so(daemon, firefox):
    daemon.start()
    daemon.send(message("box-model"))
    page = firefox(**{"webgl.disabled": True})
    page.open(daemon.url)
    said = page.wait(NOTICE % "graphics", "the word about WebGL")
    assert "has no WebGL" in said and "hardware acceleration" in said


def test_a_file_opens_from_the_disk_without_a_network(firefox, tmp_path):
    """As exported: no server runs, and what the browser asked for would go to a port where nobody answers."""
    path = tmp_path / "assembly.html"
    subprocess.run([PROGRAM, "export", "-o", path, MESSAGES / "assembly-model.msg"], check=True)
    nowhere = {"network.proxy.type": 1, "network.proxy.http": "127.0.0.1", "network.proxy.http_port": 9,
               "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": 9, "network.proxy.no_proxies_on": ""}
    page = firefox(**nowhere)
    page.open(path.as_uri())
    page.wait(f"{PAINTED} > 0.02", "the model")
    assert "robot" in page.evaluate("document.title")
    asked = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert all(name.startswith(("blob:", "data:")) for name in asked), asked
    assert not page.errors
