# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What the window says around the picture: its title, and what a dropped file meets."""
import pytest
from conftest import message
from test_measure import FACE, exact_box, open_box, panel, take  # noqa: F401


def wait_title(viewer, text):
    viewer.page.wait_for_function("(text) => document.title === text", arg=text)


def test_the_title_names_the_model_the_session_and_the_state(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    wait_title(viewer, "default – cadcast")
    daemon.send(message("box-model"))
    wait_title(viewer, "Solid – default – cadcast")
    daemon.send(message("assembly-model"))
    wait_title(viewer, "robot – default – cadcast")
    viewer.expect_errors("WebSocket", "ERR_CONNECTION")
    daemon.stop()
    wait_title(viewer, "● offline – robot – default – cadcast")


@pytest.mark.parametrize("page", ["viewer", "sessions"])
def test_a_dropped_file_leaves_the_page_where_it_is(daemon, viewer, page):
    daemon.start()
    viewer.page.goto(daemon.url.replace("/viewer", f"/{page}"))
    viewer.live()
    prevented = viewer.page.evaluate("""() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["solid"], "part.stl"));
        return ["dragover", "drop"].map((type) => !document.body.dispatchEvent(
            new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })));
    }""")
    assert prevented == [True, True]
    # The page of a session sends it: this one is no STL file. The list has no session for it.
    text = "part.stl" if page == "viewer" else "Files can be dropped on a session's page"
    viewer.page.locator(".notice", has_text=text).first.wait_for()


def test_the_status_line_has_no_figures_beside_exact_ones(exact_box, viewers):  # noqa: F811
    viewer = open_box(viewers, exact_box.url)
    line = viewer.page.locator(".tcv_status_line")
    area = viewer.page.locator("#cad_viewer canvas").first.bounding_box()
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2

    def hover():
        viewer.page.mouse.move(area["x"] + 300, area["y"] + 5)
        viewer.page.mouse.move(x - 4, y - 4)
        viewer.page.mouse.move(x, y, steps=3)

    viewer.page.keyboard.press(FACE)
    hover()
    line.filter(has_text="≈").wait_for(state="attached")
    take(viewer, "properties", FACE)
    hover()
    viewer.page.wait_for_function(
        "() => { const text = document.querySelector('.tcv_status_line').textContent; return text !== '' && !text.includes('≈'); }"
    )
    viewer.page.mouse.click(x, y)
    text = panel(viewer, "properties", "area")
    assert ("origin" in text) == ("Plane" in text or "Cylinder" in text or "Cone" in text)
    viewer.wait_until(lambda: "≈" not in line.inner_text(), "exact figures alone")
