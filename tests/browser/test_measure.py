# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The measuring tools of the page, clicked with a mouse, on exact geometry."""
import json
import re
import subprocess

import pytest
from conftest import ROOT, message, sync_api

FACE, EDGE, VERTEX = "f", "e", "v"


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
    viewer = viewers()
    viewer.page.set_viewport_size({"width": 1000, "height": 700})
    viewer.open(url).live().wait_names("sun").wait_drawn()
    return viewer


def take(viewer, tool, kind):
    """Takes a tool from the toolbar and lets it pick one kind of shape."""
    viewer.page.locator(f".tcv_button_{tool}").click()
    viewer.page.keyboard.press(kind)


def canvas_point(viewer, at):
    box = viewer.page.locator(".tcv_cad_view canvas").first.bounding_box()
    return box["x"] + box["width"] * at[0], box["y"] + box["height"] * at[1]


def pick(viewer, at, **options):
    """Moves the mouse there, waits until something is under it, and clicks."""
    x, y = canvas_point(viewer, at)
    viewer.page.mouse.move(x - 3, y)
    viewer.page.mouse.move(x, y)
    viewer.page.wait_for_timeout(400)
    viewer.page.mouse.click(x, y, **options)


def pick_until(viewer, points, text, tool):
    """Clicks at one place after the other until the panel shows `text`."""
    found = viewer.page.locator(f".tcv_{tool}_measurement_panel").get_by_text(text).first
    for at in points:
        pick(viewer, at)
        try:
            found.wait_for(timeout=1500)
            return
        except sync_api.TimeoutError:
            continue
    pytest.fail(f"nothing at {points} shows {text}")


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


def test_properties_of_a_face(exact, viewers):
    viewer = open_viewer(viewers, exact.url)
    take(viewer, "properties", FACE)
    pick(viewer, (0.5, 0.62))
    text = panel(viewer, "properties", "area")
    shape = selected(exact)[0]
    assert re.search(r"/faces/faces_\d+$", shape)
    answer = measured(exact, [shape])
    sections = {key: value for section in answer["result"] for key, value in section.items()}
    assert answer["geom_type"] in text
    shown = numbers(text)
    assert any(abs(n - sections["area"]) < 0.001 for n in shown), (text, sections)
    for corner in ("min", "max", "size"):
        for number in sections["bb"][corner]:
            assert any(abs(n - number) < 0.001 for n in shown), (corner, text, sections)


def test_distance_of_two_faces(exact, viewers):
    viewer = open_viewer(viewers, exact.url)
    take(viewer, "distance", FACE)
    pick(viewer, (0.5, 0.36))
    pick_until(viewer, [(0.35, 0.62), (0.3, 0.5), (0.65, 0.7), (0.7, 0.5)], "distance", "distance")
    text = panel(viewer, "distance", "distance")
    first, second, centers = selected(exact)
    assert first != second and centers is False
    answer = measured(exact, [first, second])
    distance = answer["result"][0]["distance"]
    assert any(abs(n - distance) < 0.001 for n in numbers(text)), (text, distance)


def test_two_windows_measure_at_once(exact, viewers):
    """Different tools, different selections: each window gets its own answer."""
    one, two = open_viewer(viewers, exact.url), open_viewer(viewers, exact.url)
    take(one, "properties", FACE)
    take(two, "properties", EDGE)
    x1, y1 = canvas_point(one, (0.5, 0.62))
    one.page.mouse.move(x1, y1)
    pick_until(two, [(0.42 + 0.004 * i, 0.3 + 0.004 * i) for i in range(30)], "length", "properties")
    pick(one, (0.5, 0.62))
    face = panel(one, "properties", "area")
    edge = panel(two, "properties", "length")
    assert "length" not in face and "area" not in edge
    # Again the other way round, with what is selected now.
    one.page.keyboard.press("Escape")
    pick(one, (0.62, 0.55))
    assert "area" in panel(one, "properties", "area")
    assert "length" in panel(two, "properties", "length")


def test_an_unanswerable_question_shows_its_reason(exact, viewers):
    """A model whose parts are not there: the panel says so instead of waiting for ever."""
    viewer = open_viewer(viewers, exact.url)
    exact.send(message("box-model"))
    exact.send(b'B:{"model":{"parts":[{"id":"/Group/Solid","shape":{"obj":"AAAA"},"name":"Solid",'
               b'"loc":null}],"id":"/Group"}}')
    viewer.wait_parts("Solid").wait_drawn()
    take(viewer, "properties", FACE)
    pick(viewer, (0.5, 0.5))
    text = panel(viewer, "properties", "error")
    assert re.search(r"No answer|read|shape", text), text
    # The next good question is answered.
    exact.send(message("box-backend"))
    viewer.page.keyboard.press("Escape")
    pick(viewer, (0.5, 0.5))
    assert "area" in panel(viewer, "properties", "area")
