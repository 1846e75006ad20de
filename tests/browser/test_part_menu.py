# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The menu of a part: with the right button, a long press, and the keyboard."""
import pytest
from conftest import PAINT, message
from playwright.sync_api import expect
from test_accessibility import violations_of_all
from test_measure import place

BOX = (0.5, 0, 0.3)


def opened(viewer, shown=("Solid",)):
    viewer.live().wait_parts(*shown).wait_frame()
    viewer.page.locator("#overlay").wait_for(state="attached")
    return viewer


@pytest.fixture
def box(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    return opened(viewer.open(daemon.url))


@pytest.fixture
def robot(daemon, viewer):
    daemon.start()
    daemon.send(message("assembly-model"))
    return opened(viewer.open(daemon.url), ["arm"]).wait_names("base")


def menu_of(viewer, name):
    menu = viewer.page.get_by_role("dialog", name=name, exact=True)
    menu.wait_for()
    return menu


def entry(menu, name):
    menu.get_by_role("button", name=name, exact=True).click()
    menu.wait_for(state="hidden")


def states(viewer):
    return viewer.call("return viewer.getStates()")


def test_with_the_right_button_on_the_picture(box):
    x, y = place(box, BOX)
    box.page.mouse.click(x, y, button="right")
    entry(menu_of(box, "Solid"), "Hide")
    box.wait_equal(lambda: states(box)["/Group/Solid"], [0, 0])
    # Where nothing is seen there is no menu, nor after the picture was moved.
    box.page.mouse.click(x, y, button="right")
    box.call("viewer.setStates({'/Group/Solid': [1, 1]})")
    camera = box.camera()
    box.page.mouse.move(x, y)
    box.page.mouse.down(button="right")
    box.page.mouse.move(x + 30, y, steps=3)
    box.page.mouse.up(button="right")
    box.wait_good(box.camera, lambda now: now != camera, "a moved picture")
    expect(box.page.locator("#part")).to_be_hidden()


def test_in_the_tree_with_the_mouse_and_the_keyboard(robot):
    robot.page.locator(".tv-node-label", has_text="leg0").click(button="right")
    entry(menu_of(robot, "leg0"), "Only this")
    robot.wait_equal(lambda: [path for path, state in states(robot).items() if 1 in state], ["/robot/leg0"])
    # The renderer takes a right click for a left one, which would have selected it.
    assert robot.call("return viewer.lastBbox ?? null") is None
    row = robot.page.get_by_role("treeitem").nth(1)
    row.focus()
    robot.page.keyboard.press("ContextMenu")
    menu = menu_of(robot, "base")
    robot.page.keyboard.press("Tab")
    expect(menu.get_by_role("button", name="Show")).to_be_focused()
    robot.page.keyboard.press("Enter")
    robot.wait_equal(lambda: states(robot)["/robot/base"], [1, 1])
    expect(row).to_be_focused()
    robot.page.keyboard.press("ContextMenu")
    menu.wait_for()
    robot.page.keyboard.press("Escape")
    menu.wait_for(state="hidden")
    expect(row).to_be_focused()


# The colours of the dots in the tree by the paths of their rows.
DOTS = """() => Object.fromEntries([...document.querySelectorAll(".tv-tree-node")]
    .map((row) => [row.dataset.path, row.querySelector(":scope > .tv-node-content .tv-node-label > span")])
    .filter(([, dot]) => dot !== null).map(([path, dot]) => [path, getComputedStyle(dot).color]))"""
# Pixels that are clearly green; there is nothing green in the model.
GREEN = PAINT + """
    const gl = viewer.renderer.getContext();
    const pixels = new Uint8Array(gl.drawingBufferWidth * gl.drawingBufferHeight * 4);
    gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    let green = 0;
    for (let each = 0; each < pixels.length; each += 4) {
        green += pixels[each + 1] > 2 * pixels[each] + 20 && pixels[each + 1] > 2 * pixels[each + 2] + 20;
    }
    return green;
"""


def test_a_colour_holds_until_the_next_show(daemon, robot):
    def colours():
        return robot.call("return ['base', 'arm/Solid(0)', 'arm/Solid(1)'].map((name) => viewer.getNodeColor(`robot/${name}`))")

    def dots():
        return robot.page.evaluate(DOTS)

    robot.wait_names("Solid(0)", "Solid(1)")
    robot.call("viewer.setAxes(false);")
    before, dots_before, green = colours(), dots(), robot.call(GREEN)
    parts = ["/robot/arm/Solid(0)", "/robot/arm/Solid(1)"]
    assert set(parts) < set(dots_before) and "/robot/base" in dots_before
    robot.page.locator(".tv-node-label", has_text="arm").click(button="right")
    colour = menu_of(robot, "arm").get_by_label("Colour")
    colour.hover()  # what lies below the pointer is highlighted, in the tree too
    colour.fill("#12ab34")
    robot.wait_equal(colours, [before[0], "#12ab34", "#12ab34"])
    robot.wait_equal(dots, {**dots_before, **dict.fromkeys(parts, "rgb(18, 171, 52)")}, "the dots, of both parts and no other")
    robot.wait_good(lambda: robot.call(GREEN), lambda now: now > green + 500, "a picture with the colour")
    daemon.send(message("assembly-model"))
    robot.wait_equal(colours, before)
    robot.wait_equal(dots, dots_before, "the dots")


def test_names_paths_and_properties(robot):
    robot.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    label = robot.page.locator(".tv-node-label", has_text="leg0")
    for name, copied in (("Copy name", "leg0"), ("Copy path", "/robot/leg0")):
        label.click(button="right")
        entry(menu_of(robot, "leg0"), name)
        robot.wait_equal(lambda: robot.page.evaluate("navigator.clipboard.readText()"), copied)
    label.click(button="right")
    entry(menu_of(robot, "leg0"), "Properties")
    robot.page.get_by_role("heading", name="Part: leg0").wait_for()


def test_with_a_long_press(daemon, viewers):
    daemon.start()
    daemon.send(message("box-model"))
    viewer = opened(viewers(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}).open(daemon.url))
    x, y = place(viewer, BOX)
    touch = viewer.fingers()
    touch("touchStart", (x, y))
    menu = menu_of(viewer, "Solid")
    touch("touchEnd")
    box = menu.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] >= 0 and box["y"] + box["height"] <= 844
    menu.get_by_role("button", name="Hide", exact=True).tap()
    viewer.wait_equal(lambda: states(viewer)["/Group/Solid"], [0, 0])


def test_the_open_menu_has_no_violation(robot):
    robot.page.locator(".tv-node-label", has_text="leg0").click(button="right")
    menu_of(robot, "leg0")
    assert violations_of_all(robot, (900,), 640) == {}
