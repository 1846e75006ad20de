# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The keyboard: shortcuts work without a click first, are listed, and take no focus from others."""
import pytest
from conftest import message
from test_measure import need_helper, panel


@pytest.fixture
def box(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    return viewer.open(daemon.url).live().wait_frame()


def wait_focus(viewer, on):
    viewer.wait_equal(
        lambda: viewer.page.evaluate("document.activeElement.id || document.activeElement.tagName"), on, "the focus")


def test_shortcuts_work_without_a_click(box):
    wait_focus(box, "cad_viewer")
    for key, condition in (("g", "viewer.getGrids()[0]"), ("x", "viewer.state.get('animationMode') === 'explode'"),
                           ("D", "viewer.state.get('activeTool') === 'distance'"), ("h", "viewer.display.help_shown")):
        box.page.keyboard.press(key)
        box.wait_call(condition)


def test_shortcuts_work_after_whatever_had_the_focus_is_gone(box):
    wait_focus(box, "cad_viewer")
    box.page.evaluate("document.activeElement.blur()")
    wait_focus(box, "BODY")
    box.page.keyboard.press("g")
    box.wait_call("viewer.getGrids()[0]")
    # Keys are handled in their order.
    box.page.keyboard.press("x")
    box.wait_call("viewer.state.get('animationMode') === 'explode'")
    assert box.call("return viewer.getGrids()[0]"), "the key counted twice"


def test_a_model_does_not_take_the_focus(daemon, box):
    box.page.locator("#bar-name").focus()
    frames = box.page.evaluate("performance.getEntriesByName('frame')[0].startTime")
    daemon.send(message("bracket-model"))
    box.page.wait_for_function(f"() => performance.getEntriesByName('frame')[0]?.startTime > {frames}")
    wait_focus(box, "bar-name")


@pytest.mark.parametrize("how", ["key", "button"])
def test_a_sheet_lists_the_shortcuts(box, how):
    if how == "key":
        box.page.keyboard.press("?")
    else:
        box.page.get_by_role("button", name="Menu").click()
        box.page.get_by_role("button", name="Keyboard shortcuts").click()
    sheet = box.page.get_by_role("dialog", name="Keyboard shortcuts")
    sheet.wait_for()
    text = sheet.inner_text()
    for words in ("grid", "Explode", "istance", "front", "Space", "Studio"):
        assert words in text
    keys = sheet.locator("th").all_inner_texts()
    assert {"g", "x", "D", "P", "h", "1", "8", "?"} <= set(keys)
    box.page.keyboard.press("g")
    box.page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")
    assert not box.call("return viewer.getGrids()[0]"), "a key over the sheet reached the model"
    if how == "key":
        wait_focus(box, "cad_viewer")


def test_the_sheet_has_the_keys_of_the_settings(daemon, box):
    daemon.send('S:{"type":"ui","config":{"_core_version":"1.1.2","keymap":{"grid":"w"}}}')
    box.page.locator('[data-tooltip$="› w"]').wait_for(state="attached")
    box.page.keyboard.press("?")
    assert "w" in box.page.locator("#keys th").all_inner_texts()


def select_a_face(viewer):
    viewer.page.keyboard.press("I")
    viewer.wait_call("viewer.state.get('activeTool') === 'select'")
    area = viewer.page.locator("#cad_viewer canvas").first.bounding_box()
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    viewer.page.mouse.move(x - 4, y - 4)
    viewer.page.mouse.move(x, y, steps=3)
    viewer.page.locator(".tcv_status_line", has_text="area").wait_for(state="attached")
    viewer.page.mouse.click(x, y)


def test_what_was_copied_is_said_for_a_moment(box):
    box.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    select_a_face(box)
    # It may be gone before this test looks.
    copied = box.said("Copied: ").removeprefix("Copied: ").removesuffix("×")
    assert box.page.evaluate("navigator.clipboard.readText()") == copied
    box.page.locator(".notice", has_text="Copied: ").wait_for(state="detached")


def test_keys_still_work_after_copying_without_a_clipboard(daemon, viewer):
    viewer.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    daemon.start()
    daemon.send(message("box-model"))
    viewer.open(daemon.url).live().wait_frame()
    select_a_face(viewer)
    viewer.said("Copied: ")
    wait_focus(viewer, "cad_viewer")
    viewer.page.keyboard.press("g")
    viewer.wait_call("viewer.getGrids()[0]")


def test_a_distance_is_measured_and_a_picture_saved_with_the_keyboard_alone(daemon, viewer):
    """The cross stands for the mouse: from opening the page to a measured distance and a saved picture."""
    daemon.start()
    need_helper(daemon)
    daemon.send(message("box-model"))
    daemon.send(message("box-backend"))
    viewer.open(daemon.url).live().wait_parts("Solid").wait_frame()
    viewer.page.locator("#overlay").wait_for(state="attached")
    wait_focus(viewer, "cad_viewer")
    keyboard = viewer.page.keyboard
    keyboard.press("1")  # from the front
    keyboard.press("D")
    viewer.wait_call("viewer.state.get('activeTool') === 'distance'")
    keyboard.press("e")  # edges alone

    def to_edge(arrow):
        """The steps from the middle of the picture to the edge on that side."""
        for _ in range(60):
            keyboard.press(arrow)
            viewer.painted()
            if viewer.call("return viewer.lastObject !== null"):
                return
        raise AssertionError(f"no edge on the way: {arrow}")

    def step_off(arrow):
        while viewer.call("return viewer.lastObject !== null"):
            keyboard.press(arrow)
            viewer.painted()

    keyboard.press("ArrowLeft")
    viewer.page.locator("#cross").wait_for()
    to_edge("Shift+ArrowLeft")
    keyboard.press("Enter")
    viewer.wait_good(lambda: daemon.ask("status")["text"].get("selectedShapeIDs", []), lambda ids: len(ids) > 1)
    step_off("ArrowRight")
    for _ in range(7):
        keyboard.press("ArrowRight")
    to_edge("Shift+ArrowRight")
    keyboard.press("Enter")
    # The width of the box.
    panel(viewer, "distance", "1.000")
    keyboard.press("Escape")
    for _ in range(90):
        keyboard.press("Tab")
        if viewer.page.evaluate("document.activeElement.id") == "bar-menu":
            break
    keyboard.press("Enter")
    viewer.page.get_by_role("dialog", name="Menu").wait_for()
    for _ in range(30):
        keyboard.press("Tab")
        if viewer.page.evaluate("document.activeElement.dataset.do") == "save":
            break
    with viewer.page.expect_download() as download:
        keyboard.press("Enter")
    assert download.value.suggested_filename == "Solid.png"
