# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What is shown as one HTML file: it opens from the disk, without a network, and is the same picture."""
import base64
import json
import subprocess

import pytest
from chromium import PATIENCE_MS
from conftest import MESSAGES, PATIENCE, message, wait_until
from daemon import PROGRAM
from test_history import on_screen, open_history, show
from test_measure import FACE, panel, pick, take
from test_rendering import CANVAS, MOST_FAR, differences, picture
from wire import get

SMALL = 1_500_000  # bytes of the demo's file


@pytest.fixture
def opened(viewers):
    """A maker of windows on a file, each in a browser that reaches nothing."""
    def make(path, **options):
        viewer = viewers(alone=True, **options)
        asked = []
        viewer.page.context.set_offline(True)
        viewer.page.on("request", lambda request: asked.append(request.url))
        viewer.open(path.as_uri())
        viewer.asked = asked
        return viewer
    return make


def saved(viewer, path):
    """The file as a person saves it."""
    viewer.page.locator("#bar-menu").click()
    with viewer.page.expect_download(timeout=PATIENCE_MS) as download:
        viewer.page.get_by_role("button", name="Save as one HTML file").click()
    download.value.save_as(path)
    return path


def canvas(viewer):
    return picture(base64.b64decode(viewer.call(CANVAS)), "white")


def same_picture(one, other):
    rms, far = differences(canvas(one), canvas(other))
    assert rms < 1 and far <= MOST_FAR, (rms, far)


def exported(path, name):
    subprocess.run([PROGRAM, "export", "-o", path, MESSAGES / f"{name}.msg"], check=True, timeout=PATIENCE)
    return path


def test_the_demo_as_one_file_is_what_the_page_showed(daemon, viewer, opened, tmp_path):
    daemon.start("--demo")
    viewer.open(daemon.url).live().wait_parts("sun").wait_drawn()
    viewer.call("""
        viewer.setView("front");
        viewer.setCameraZoom(1.5);
        viewer.setState("/planetary gearbox/sun", [0, 0]);
        viewer.setBlackEdges(true);
    """)
    path = saved(viewer, tmp_path / "demo.html")
    assert path.stat().st_size < SMALL
    daemon.stop()
    viewer.expect_errors(".*")
    alone = opened(path).wait_parts("sun").wait_drawn()
    assert alone.call("return viewer.getState('/planetary gearbox/sun')") == [0, 0]
    assert alone.camera() == pytest.approx(viewer.camera(), abs=1e-4)
    same_picture(alone, viewer)
    assert all(url.startswith(("file:", "blob:", "data:")) for url in alone.asked), alone.asked
    assert "Copyright 2010-2026 three.js authors" in path.read_text(encoding="utf-8")


def test_a_file_measures_on_the_mesh(opened, tmp_path):
    viewer = opened(exported(tmp_path / "box.html", "box-model")).wait_parts("Solid").wait_drawn()
    low, high = viewer.call("const box = viewer.bbox; return [box.min.toArray(), box.max.toArray()];")
    middle = [(a + b) / 2 for a, b in zip(low, high)]
    take(viewer, "distance", FACE)
    pick(viewer, (middle[0], middle[1], high[2]))
    pick(viewer, (high[0], middle[1], middle[2]))
    text = panel(viewer, "distance", "distance")
    assert "measured on the mesh" in viewer.page.locator("#bar-note").inner_text()
    assert any(character.isdigit() for character in text)
    viewer.page.locator("#bar-menu").click()
    viewer.page.get_by_role("button", name="Facts, parts, measurements").click()
    viewer.page.locator("#model-measured li", has_text="distance of").first.wait_for()


def test_settings_and_animation_come_along(daemon, viewer, opened, tmp_path):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    daemon.send(b"S:" + json.dumps({"type": "ui", "config": {"axes": True, "transparent": True}}).encode())
    daemon.send(message("assembly-animation"))
    viewer.wait_parts("arm").wait_call("viewer.hasAnimation()")
    alone = opened(saved(viewer, tmp_path / "assembly.html"))
    alone.wait_drawn().wait_call("viewer.hasAnimation()")
    assert alone.call("return [viewer.getAxes(), viewer.getTransparent()]") == [True, True]


def test_a_file_says_what_it_is_without_scripts_or_webgl(opened, tmp_path):
    path = exported(tmp_path / "box.html", "box-model")
    silent = opened(path, java_script_enabled=False)
    text = silent.page.locator("#about").inner_text()
    assert "This file holds a CAD model" in text and "allows scripts" in text
    blind = opened(path)
    blind.page.context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null;")
    blind.page.reload()
    blind.said("it has no WebGL")
    old = opened(path)
    old.page.context.add_init_script("delete window.DecompressionStream;")
    old.page.reload()
    old.page.get_by_text("This browser cannot show it").wait_for()


def test_the_pictures_before_come_along(daemon, viewer, opened, tmp_path):
    daemon.start()
    for name in ("first", "second", "</script>third"):
        show(daemon, name)
        wait_until(lambda: get(daemon.port, "/picture.png").status == 200, what="its small picture")
    daemon.send(b"S:" + json.dumps({"type": "ui", "config": {"axes": True}}).encode())
    viewer.open(daemon.url).live().wait_frame()
    show(daemon, "fourth")
    on_screen(viewer, "fourth")
    alone = opened(saved(viewer, tmp_path / "past.html")).wait_drawn()
    daemon.stop()
    viewer.expect_errors(".*")
    on_screen(alone, "fourth")
    camera = alone.camera()
    for name in ("</script>third", "second", "first", "first"):
        alone.page.keyboard.press(",")
        on_screen(alone, name)
    # With what had changed it, and with the camera where it is.
    alone.said("This is an earlier picture.")
    alone.wait_equal(alone.camera, camera, "the camera")
    sheet = open_history(alone, 4)
    assert len(sheet.locator("#history-list img").all()) == 3
    alone.wait_call("[...document.querySelectorAll('#history-list img')].every((each) => each.naturalWidth > 0)")
    sheet.get_by_role("slider").fill("2")
    on_screen(alone, "</script>third")
    alone.wait_call("viewer.getAxes() === true")
    sheet.get_by_role("button", name="The last picture").click()
    on_screen(alone, "fourth")
    alone.wait_call("viewer.getAxes() === false")
    alone.wait_equal(alone.camera, camera, "the camera")
    assert all(url.startswith(("file:", "blob:", "data:")) for url in alone.asked), alone.asked


def test_without_pictures_before_there_is_no_slider(daemon, viewer, opened, tmp_path):
    daemon.start()
    show(daemon, "first", "second")
    path = tmp_path / "alone.html"
    path.write_bytes(get(daemon.port, "/export.html?history=0").body)
    assert b"first" not in path.read_bytes()
    alone = opened(path).wait_drawn()
    on_screen(alone, "second")
    alone.page.locator("#bar-menu").click()
    alone.page.get_by_role("button", name="Keyboard shortcuts").wait_for()
    assert not alone.page.get_by_role("button", name="Earlier pictures").is_visible()
