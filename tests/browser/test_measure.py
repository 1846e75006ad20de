# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The measuring tools of the page, clicked with a mouse, on exact geometry."""
import json
import re
import subprocess

import pytest
from conftest import ROOT, message

FACE, EDGE = "f", "e"


@pytest.fixture
def exact(daemon):
    """A daemon with the demo; skipped where the helper was not built, which CI's set-up does."""
    daemon.start("--demo", "--log-level", "debug")
    with daemon.connect() as socket:
        socket.send('L:{"viewer":"cadcast"}')
        if json.loads(socket.recv(timeout=10))["measure"] != "exact":
            pytest.skip("cadcast-geometry is not built: OCCT is missing")
    return daemon


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
    viewer.page.mouse.move(x - 4, y - 4)
    viewer.page.mouse.move(x, y, steps=3)
    # What is under the mouse is looked for with every frame that is drawn.
    viewer.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    viewer.page.wait_for_timeout(300)
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
        capture_output=True, text=True, timeout=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def selected(daemon):
    return daemon.ask("status")["text"]["selectedShapeIDs"]


SUN = "/planetary gearbox/sun"
BOLT = "/planetary gearbox/bolts/bolt 6"
# The top of the sun's shaft, the top of a bolt's head, and the edge around that.
SHAFT_TOP, HEAD_TOP, HEAD_EDGE = (0, 0, 50), (62.2, -35.9, 8), (61.24, -38.07, 8)


def test_properties_of_a_face(exact, viewers):
    viewer = open_viewer(viewers, exact.url)
    take(viewer, "properties", FACE)
    pick(viewer, SHAFT_TOP)
    text = panel(viewer, "properties", "area")
    shape = selected(exact)[0]
    assert shape.startswith(SUN + "/faces/faces_")
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
    first, second, centers = selected(exact)
    assert first.startswith(SUN) and second.startswith(BOLT) and centers is False
    answer = measured(exact, [first, second])
    distance = answer["result"][0]["distance"]
    assert any(abs(n - distance) < 0.001 for n in numbers(text)), (text, distance)


def test_two_windows_measure_at_once(exact, viewers):
    """Different tools, different selections: each window gets its own answer."""
    one, two = open_viewer(viewers, exact.url), open_viewer(viewers, exact.url)
    take(one, "properties", FACE)
    take(two, "properties", EDGE)
    pick(two, HEAD_EDGE)
    pick(one, SHAFT_TOP)
    face = panel(one, "properties", "area")
    edge = panel(two, "properties", "length")
    assert "length" not in face and "area" not in edge
    length = next(s["length"] for s in measured(exact, [BOLT + "/edges/edges_4"])["result"]
                  if "length" in s)
    assert any(abs(n - length) < 0.001 for n in numbers(edge)), (edge, length)


def test_the_splash_is_measured_on_the_mesh(daemon, viewers):
    """The server has no exact geometry of it: the renderer measures, and the page says so."""
    daemon.start()
    viewer = viewers().open(daemon.url).live()
    viewer.page.wait_for_selector("#cad_viewer canvas")
    viewer.wait_call("viewer?.ready")
    elsewhere = "return viewer.state.get('externalMeasurementBackend')"
    assert viewer.call(elsewhere) is False
    viewer.call("viewer.display.setTool('distance', true)")
    viewer.page.wait_for_selector("#bar-note:not([hidden])")
    assert "approximate" in viewer.page.locator("#bar-note").inner_text()
    with daemon.connect() as socket:
        socket.send('L:{"viewer":"cadcast"}')
        exact = json.loads(socket.recv(timeout=10))["measure"] == "exact"
    viewer.call("viewer.display.setTool('distance', false)")
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    assert viewer.call(elsewhere) is exact


def test_an_unanswerable_question_shows_its_reason(exact, viewers):
    """A model whose parts are not there: the panel says so instead of waiting for ever."""
    viewer = open_viewer(viewers, exact.url)
    exact.send(message("box-model"))
    exact.send(b'B:{"model":{"parts":[{"id":"/Group/Solid","shape":{"obj":"AAAA"},"name":"Solid",'
               b'"loc":null}],"id":"/Group"}}')
    viewer.wait_parts("Solid").wait_drawn()
    take(viewer, "properties", FACE)
    pick(viewer, (0.5, 0, 0.3))
    text = panel(viewer, "properties", "error")
    assert re.search(r"No answer|read|shape", text), text
    # The next good question is answered.
    exact.send(message("box-backend"))
    viewer.page.keyboard.press("Escape")
    pick(viewer, (0.5, 0, 0.3))
    assert "area" in panel(viewer, "properties", "area")
