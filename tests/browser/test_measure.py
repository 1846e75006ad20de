# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The measuring tools of the page, clicked with a mouse, on exact geometry."""
import json
import re
import subprocess

import pytest
from conftest import PATIENCE, ROOT, message
from daemon import wait_good

FACE, EDGE = "f", "e"


def need_helper(daemon):
    """Skips where the helper was not built, which CI's set-up does."""
    with daemon.connect() as socket:
        socket.send('L:{"viewer":"cadcast"}')
        if json.loads(socket.recv(timeout=PATIENCE))["measure"] != "exact":
            pytest.skip("cadcast-geometry is not built: OCCT is missing")


@pytest.fixture
def exact(daemon):
    """A daemon with the demo."""
    daemon.start("--demo")
    need_helper(daemon)
    return daemon


@pytest.fixture
def exact_box(daemon):
    """A daemon with a box of 1 by 2 by 3: without a graphics card the demo takes long for each move of the mouse."""
    daemon.start()
    need_helper(daemon)
    daemon.send(message("box-model"))
    daemon.send(message("box-backend"))
    return daemon


def open_box(viewers, url):
    return viewers().open(url).live().wait_parts("Solid").wait_drawn()


def open_viewer(viewers, url):
    return viewers().open(url).live().wait_names("sun").wait_drawn()


def take(viewer, tool, kind):
    """Takes a tool from the toolbar and lets it pick one kind of shape."""
    viewer.page.locator(f".tcv_button_{tool}").click()
    viewer.page.keyboard.press(kind)


def place(viewer, point):
    """Where on the page a point of the model is seen."""
    return viewer.call(
        f"""
        const camera = viewer.camera.getCamera();
        const seen = camera.position.clone().set({point[0]}, {point[1]}, {point[2]}).project(camera);
        const box = viewer.renderer.domElement.getBoundingClientRect();
        return [box.left + (seen.x + 1) / 2 * box.width, box.top + (1 - seen.y) / 2 * box.height];
        """
    )


def pick(viewer, point):
    """Moves the mouse over a point of the model, as a hand does, and clicks."""
    x, y = place(viewer, point)
    if viewer.call("return viewer.lastObject !== null"):
        # What was under the mouse before would be taken for it.
        area = viewer.page.locator("#cad_viewer canvas").first.bounding_box()
        viewer.page.mouse.move(area["x"] + 300, area["y"] + 5)
        viewer.wait_call("viewer.lastObject === null")
    viewer.page.mouse.move(x - 4, y - 4)
    viewer.page.mouse.move(x, y, steps=3)
    # What is under the mouse is looked for with every frame that is drawn.
    viewer.painted().wait_call("viewer.lastObject !== null")
    viewer.page.mouse.click(x, y)


def panel(viewer, tool, text):
    """The panel's text once it holds `text`."""
    where = viewer.page.locator(f".tcv_{tool}_measurement_panel")
    where.get_by_text(text).first.wait_for()
    return re.sub(r"\s+", " ", where.inner_text())


def numbers(text):
    return [float(n) for n in re.findall(r"-?\d+\.\d+", text)]


def measured(daemon, *arguments):
    """What the command line says about the demo's parts."""
    done = subprocess.run(
        [daemon.program, "measure", *arguments[1:], str(ROOT / "data" / "demo-backend.msg"),
         *arguments[0]],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def selected(daemon, *starts):
    """What the page says is selected, once it is what begins so."""
    def good(ids):
        return len(ids) > len(starts) and all(str(one).startswith(start) for one, start in zip(ids, starts))

    return wait_good(lambda: daemon.ask("status")["text"].get("selectedShapeIDs", []), good, f"{starts} selected")


SUN = "/planetary gearbox/sun"
BOLT = "/planetary gearbox/bolts/bolt 6"
# The top of the sun's shaft, and the top of a bolt's head.
SHAFT_TOP, HEAD_TOP = (0, 0, 50), (62.2, -35.9, 8)


def test_properties_of_a_face(exact, viewers):
    viewer = open_viewer(viewers, exact.url)
    take(viewer, "properties", FACE)
    pick(viewer, SHAFT_TOP)
    text = panel(viewer, "properties", "area")
    shape = selected(exact, SUN + "/faces/faces_")[0]
    answer = measured(exact, [shape])
    sections = {key: value for section in answer["result"] for key, value in section.items()}
    assert answer["geom_type"] == "Plane" and "Plane" in text
    shown = numbers(text)
    assert any(abs(n - sections["area"]) < 0.001 for n in shown), (text, sections)
    for corner in ("min", "max", "size"):
        for number in sections["bb"][corner]:
            assert any(abs(n - number) < 0.001 for n in shown), (corner, text, sections)


def test_distance_of_two_faces(exact, viewers):
    viewer = open_viewer(viewers, exact.url)
    take(viewer, "distance", FACE)
    pick(viewer, SHAFT_TOP)
    pick(viewer, HEAD_TOP)
    text = panel(viewer, "distance", "distance")
    first, second, centers = selected(exact, SUN, BOLT)
    assert centers is False
    answer = measured(exact, [first, second])
    distance = answer["result"][0]["distance"]
    assert any(abs(n - distance) < 0.001 for n in numbers(text)), (text, distance)


def test_two_windows_measure_at_once(exact_box, viewers):
    """Different tools, different selections: each window gets its own answer."""
    one, two = open_box(viewers, exact_box.url), open_box(viewers, exact_box.url)
    take(one, "properties", FACE)
    take(two, "properties", EDGE)
    # The edge between the top and the side of 2 by 3, and that side.
    pick(two, (0.5, 0, 1.5))
    pick(one, (0.5, 0, 0.3))
    face = panel(one, "properties", "area")
    edge = panel(two, "properties", "length")
    assert "length" not in face and "area" not in edge
    assert any(abs(n - 6) < 0.001 for n in numbers(face)), face
    assert any(abs(n - 2) < 0.001 for n in numbers(edge)), edge


def test_an_unanswerable_question_shows_its_reason(exact_box, viewers):
    """A model whose parts are not there: the panel says so instead of waiting for ever."""
    viewer = open_box(viewers, exact_box.url)
    exact_box.send(b'B:{"model":{"parts":[{"id":"/Group/Solid","shape":{"obj":"AAAA"},"name":"Solid",'
                   b'"loc":null}],"id":"/Group"}}')
    take(viewer, "properties", FACE)
    pick(viewer, (0.5, 0, 0.3))
    text = panel(viewer, "properties", "error")
    assert re.search(r"No answer|read|shape", text), text
    # The next good question is answered.
    exact_box.send(message("box-backend"))
    viewer.page.keyboard.press("Escape")
    pick(viewer, (0.5, 0, 0.3))
    assert "area" in panel(viewer, "properties", "area")
