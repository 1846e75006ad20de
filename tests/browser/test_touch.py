# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Small windows and fingers: all of the page is in the window, and every tool works by tap."""
import io

import pytest
from conftest import message
from page_states import OPTIONS, STATES, prepare
from PIL import Image
from playwright.sync_api import expect

SIZES = [(360, 640), (390, 844), (844, 390), (700, 450), (1024, 700)]

# What of the page's controls a person cannot reach: outside of the window, or below something else.
UNREACHABLE = """
    const { clientWidth, clientHeight } = document.documentElement;
    const controls = document.querySelectorAll(
        ".tcv_cad_toolbar input, .tcv_toggle_tools_wrapper, #bar button, #bar select, #bar a");
    const lost = [];
    for (const each of controls) {
        if (!each.checkVisibility({ visibilityProperty: true })) {
            continue;
        }
        const box = each.getBoundingClientRect();
        const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        if (box.left < 0 || box.right > clientWidth || box.bottom > clientHeight
                || !(each.contains(hit) || hit?.contains(each))) {
            lost.push(each.id || each.className);
        }
    }
    return [lost, controls.length];
"""

OVERFLOW = """() => {
    const all = document.documentElement;
    const canvas = document.querySelector("#cad_viewer canvas").getBoundingClientRect();
    return [all.scrollWidth - all.clientWidth, canvas.right - all.clientWidth, canvas.bottom - all.clientHeight];
}"""


@pytest.fixture
def phone(daemon, viewers):
    """A phone, upright, on the page with a model."""
    daemon.start()
    daemon.send(message("assembly-model"))
    viewer = viewers(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    viewer.open(daemon.url).live().wait_parts("arm").wait_frame()
    # Nothing here looks at the picture, and to draw it takes long without a graphics card.
    viewer.call("viewer.renderer.render = () => {};")
    return viewer


@pytest.mark.parametrize("touch", [False, True])
def test_all_of_the_page_is_in_the_window(daemon, viewers, touch):
    daemon.start("--listen", "0=bracket")
    daemon.send(message("assembly-model"))
    daemon.send(message("box-model"), session="bracket")
    viewer = viewers(has_touch=touch, is_mobile=touch, viewport={"width": 360, "height": 640})
    viewer.open(daemon.url).live().wait_parts("arm").wait_frame()
    viewer.call("viewer.renderer.render = () => {};")
    for size in SIZES:
        viewer.resize(*size)
        viewer.wait_good(lambda: viewer.call(UNREACHABLE), lambda found: found[0] == [] and found[1] > 20,
                         f"at {size} all within reach")
        viewer.wait_good(lambda: viewer.page.evaluate(OVERFLOW), lambda found: max(found) <= 0, f"at {size} no overflow")


def test_every_tool_works_by_tap(phone):
    def tap(selector):
        phone.page.locator(selector).first.tap()

    for name, condition in (
        ("axes", "viewer.getAxes()"),
        ("axes0", "viewer.getAxes0()"),
        ("grid", "viewer.getGrids()[0]"),
        ("perspective", "!viewer.getOrtho()"),
        ("transparent", "viewer.getTransparent()"),
        ("blackedges", "viewer.getBlackEdges()"),
        ("explode", "viewer.state.get('animationMode') === 'explode'"),
        ("distance", "viewer.state.get('activeTool') === 'distance'"),
        ("properties", "viewer.state.get('activeTool') === 'properties'"),
        ("select", "viewer.state.get('activeTool') === 'select'"),
        ("help", "viewer.display.help_shown"),
    ):
        before = phone.call(f"return {condition}")
        tap(f".tcv_cad_toolbar .tcv_button_{name}")
        phone.wait_call(f"({condition}) === {str(not before).lower()}")
    tap(".tcv_cad_toolbar .tcv_button_help")
    phone.wait_call("!viewer.display.help_shown")
    for name in ("reset", "resize", "iso", "front", "rear", "top", "bottom", "left", "right"):
        tap(f".tcv_cad_toolbar .tcv_button_{name}")
    for tab in ("clip", "zebra", "material", "tree"):
        if phone.call("return !viewer.display.tools_shown"):
            tap(".tcv_toggle_tools_wrapper")
        tap(f".tcv_tab_{tab}")
        phone.wait_call(f"viewer.state.get('activeTab') === '{tab}'")


def test_fingers_turn_zoom_and_move_the_picture(phone):
    area = phone.page.locator("#cad_viewer canvas").first.bounding_box()
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    touch = phone.fingers()

    def drag(before, after):
        """The fingers go from their places before to those after, in steps."""
        touch("touchStart", *before)
        for step in (0.25, 0.5, 0.75, 1):
            touch("touchMove", *[tuple(a + (b - a) * step for a, b in zip(*each)) for each in zip(before, after)])
            phone.painted()
        touch("touchEnd")

    def camera():
        return phone.call("return [viewer.getCameraQuaternion(), viewer.getCameraZoom(), viewer.controls.getTarget().toArray()]")

    before = camera()
    drag([(x, y)], [(x + 80, y + 40)])
    phone.wait_good(camera, lambda now: now[0] != before[0] and now[1] == before[1], "a turned picture")
    before = camera()
    drag([(x - 30, y), (x + 30, y)], [(x - 90, y), (x + 90, y)])
    phone.wait_good(camera, lambda now: now[1] > 1.2 * before[1], "a larger picture")
    before = camera()
    drag([(x - 30, y), (x + 30, y)], [(x - 30, y + 60), (x + 30, y + 60)])
    phone.wait_good(camera, lambda now: now[2] != before[2] and now[1] == pytest.approx(before[1], rel=0.05), "a moved picture")


def test_menu_messages_and_the_sheet_open_by_tap(phone):
    def on_screen(name):
        dialog = phone.page.get_by_role("dialog", name=name)
        dialog.wait_for()
        phone.wait_good(dialog.bounding_box, lambda box: box["x"] >= 0 and box["x"] + box["width"] <= 390
                        and box["y"] >= 0 and box["y"] + box["height"] <= 844, f"{name} in the window")

    phone.page.locator("#bar-bell").tap()
    on_screen("Messages")
    phone.page.touchscreen.tap(195, 200)  # beside the sheet
    phone.page.get_by_role("dialog", name="Messages").wait_for(state="hidden")
    phone.page.locator("#bar-menu").tap()
    on_screen("Menu")
    phone.page.get_by_role("button", name="Facts, parts, measurements").tap()
    on_screen("Model")
    phone.page.get_by_label("Dimensions on the model").tap()
    phone.page.locator("#overlay text").nth(2).wait_for(state="attached")
    phone.page.get_by_role("button", name="Close").tap()
    phone.page.get_by_role("dialog", name="Model").wait_for(state="hidden")


def test_the_menu_makes_room_for_what_it_opens(phone):
    menu = phone.page.get_by_role("dialog", name="Menu")
    for entry, name in (("Compare", "Compare"), ("Earlier pictures", "Earlier pictures"),
                        ("Facts, parts, measurements", "Model")):
        phone.page.locator("#bar-menu").click()
        menu.get_by_role("button", name=entry, exact=True).tap()
        sheet = phone.page.get_by_role("dialog", name=name)
        expect(menu).to_be_hidden()
        expect(sheet.get_by_role("button", name="Close")).to_be_focused()
        sheet.get_by_role("button", name="Close").tap()
        expect(sheet).to_be_hidden()


def test_the_picture_is_seen_above_a_comparison(daemon, viewers):
    """The sheet scrolls, and a browser without a graphics card may leave out what lies behind it."""
    daemon.start(*OPTIONS)
    prepare(daemon)
    viewer = viewers(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    STATES["compare"](viewer.page, daemon)
    canvas = viewer.page.locator("#cad_viewer canvas").first.bounding_box()
    sheet = viewer.page.get_by_role("dialog", name="Compare").bounding_box()
    seen = {**canvas, "height": sheet["y"] - canvas["y"]}
    assert seen["height"] > 200

    def greens():
        data = Image.open(io.BytesIO(viewer.page.screenshot(clip=seen))).convert("RGB").tobytes()
        return sum(green > red + 60 and green > blue + 60 for red, green, blue in zip(data[::3], data[1::3], data[2::3]))

    viewer.wait_good(greens, lambda count: count > 500, "what was added, in green")


def test_the_panel_over_the_picture_stays_as_a_person_left_it(daemon, phone):
    phone.wait_call("viewer.display.tools_shown === false")
    daemon.send(message("box-model"))
    phone.wait_parts("Solid").wait_call("viewer.display.tools_shown === false")
    phone.page.locator(".tcv_toggle_tools_wrapper").tap()
    phone.wait_call("viewer.display.tools_shown")
    daemon.send(message("assembly-model"))
    phone.wait_parts("arm").wait_call("viewer.display.tools_shown === true")


def test_the_picture_turns_with_the_phone(phone):
    for width, height in ((844, 390), (390, 844)):
        phone.resize(width, height)
        phone.page.wait_for_function(
            "(width) => document.querySelector('#cad_viewer canvas').clientWidth === width - 20", arg=width)


# Controls that a finger misses: WCAG 2.2, success criterion 2.5.8.
SMALL = """
    const controls = document.querySelectorAll(`button, input, select, [role=button], #bar a,
        .tv-icon.tv-pointer, .tv-nav-marker, .tv-node-label, .tcv_filter_dropdown_value`);
    const seen = [...controls].filter((each) => each.checkVisibility({ visibilityProperty: true }));
    const small = seen.filter((each) => {
        const { width, height } = (each.closest("label") ?? each).getBoundingClientRect();
        return Math.min(width, height) < 23.99;
    });
    return [small.map((each) => each.id || each.className.baseVal || each.className), seen.length];
"""


def test_every_control_is_large_enough_for_a_finger(phone):
    def expect_large(what):
        phone.wait_good(lambda: phone.call(SMALL), lambda found: found[0] == [] and found[1] > 20, f"{what}: none too small")

    expect_large("the page")
    phone.page.get_by_role("button", name="Tools").tap()
    phone.page.locator(".tcv_expand").tap()
    phone.wait_names("base").page.locator(".tcv_filter_content").tap()
    expect_large("tree and filter")
    for tab in ("clip", "zebra", "material"):
        phone.page.locator(f".tcv_tab_{tab}").tap()
        phone.page.locator(f".tcv_cad_{tab}_container").wait_for()
        expect_large(tab)
    phone.page.locator("#bar-menu").tap()
    phone.page.locator("#preferences select").first.wait_for()
    expect_large("the menu")
    phone.page.get_by_role("button", name="Facts, parts, measurements").tap()
    phone.page.get_by_label("Find").fill("leg")
    phone.page.locator("#model-found li").first.wait_for()
    expect_large("the sheet about the model")


def test_the_axes_marker_stays_while_the_panel_is_folded(phone):
    shown = "viewer.orientationMarker.scene.children[0].visible"
    phone.wait_call(shown)
    phone.page.locator(".tcv_toggle_tools_wrapper").tap()
    phone.wait_call(f"viewer.display.tools_shown && {shown}")
    # There is no room for both.
    phone.page.locator(".tcv_toggle_tools_wrapper").tap()
    phone.resize(844, 390)
    phone.page.locator(".tcv_toggle_tools_wrapper").tap()
    phone.wait_call(f"viewer.display.tools_shown && !({shown})")
