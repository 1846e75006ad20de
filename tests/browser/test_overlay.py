# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What is drawn over the picture: the dimensions of the box, and measurements."""
import pytest
from conftest import message
from playwright.sync_api import expect
from test_inspector import open_sheet
from test_measure import FACE, exact_box, need_helper, open_box, panel, pick, place, take  # noqa: F401

# The texts over the picture, each with its place in the window.
DRAWN = """() => [...document.querySelectorAll("#overlay text")].map((each) => {
    const box = each.ownerSVGElement.getBoundingClientRect();
    return [each.textContent, box.left + Number(each.getAttribute("x")), box.top + Number(each.getAttribute("y"))];
})"""


def drawn(viewer):
    return [text for text, _, _ in viewer.page.evaluate(DRAWN)]


@pytest.fixture
def box(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    viewer.open(daemon.url).live().wait_parts("Solid").wait_frame()
    viewer.page.locator("#overlay").wait_for(state="attached")
    return viewer


def test_the_dimensions_of_the_box_are_drawn_and_follow_the_camera(daemon, box):
    assert drawn(box) == []
    sheet = open_sheet(box)
    sheet.get_by_label("Dimensions on the model").check()
    box.wait_equal(lambda: drawn(box), ["1 mm", "2 mm", "3 mm"])
    before = box.page.evaluate(DRAWN)
    box.call("viewer.setView('front')")
    box.wait_good(lambda: box.page.evaluate(DRAWN), lambda now: now[2][1:] != before[2][1:], "a place in another view")
    # From the front z is upright: its length stands at half its height, which is 0.
    box.wait_good(lambda: (place(box, (0, 0, 0)), box.page.evaluate(DRAWN)[2]),
                  lambda now: now[0][1] == pytest.approx(now[1][2], abs=1), "a length at half its height")
    sheet.get_by_label("Units").select_option("cm")
    box.wait_equal(lambda: drawn(box), ["0.1 cm", "0.2 cm", "0.3 cm"])
    # They stay for this window, and are those of the model that is shown.
    box.page.reload()
    box.live().wait_parts("Solid").wait_equal(lambda: drawn(box), ["0.1 cm", "0.2 cm", "0.3 cm"])
    daemon.send(message("assembly-model"))
    box.wait_parts("arm").wait_equal(lambda: drawn(box)[0], "3.3 cm")
    box.call("viewer.handlePick('/robot', 'base', false, false, false, null)")
    box.wait_equal(lambda: drawn(box), ["1 cm"] * 3, "the part chosen")
    daemon.send('D:{"type":"clear"}')
    expect(box.page.locator("#overlay")).to_be_hidden()


def test_measurements_are_drawn_where_they_were_taken(exact_box, viewers):  # noqa: F811
    viewer = open_box(viewers, exact_box.url)
    viewer.page.locator("#overlay").wait_for(state="attached")
    take(viewer, "properties", FACE)
    pick(viewer, (0.5, 0, 0.3))
    panel(viewer, "properties", "area")
    viewer.wait_equal(lambda: drawn(viewer), ["6 mm²"])
    # The middle of the side x = 0.5.
    _, x, y = viewer.page.evaluate(DRAWN)[0]
    assert [x - 10, y] == pytest.approx(place(viewer, (0.5, 0, 0)), abs=2)
    viewer.page.keyboard.press("Escape")
    sheet = open_sheet(viewer)
    sheet.get_by_label("Draw them on the model").uncheck()
    viewer.wait_equal(lambda: drawn(viewer), [])
    viewer.page.reload()
    viewer.live().wait_parts("Solid").wait_frame()
    sheet = open_sheet(viewer)
    expect(sheet.get_by_label("Draw them on the model")).not_to_be_checked()
    sheet.get_by_label("Draw them on the model").check()
    viewer.wait_equal(lambda: drawn(viewer), ["6 mm²"])
    # Another model has none of them.
    exact_box.send(message("assembly-model"))
    viewer.wait_parts("arm").wait_equal(lambda: drawn(viewer), [])
