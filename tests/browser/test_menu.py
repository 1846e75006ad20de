# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The menu: pictures, links to a view, presentation, and settings of this browser."""
import io

import pytest
from conftest import message
from PIL import Image
from test_accessibility import violations, violations_of_all


@pytest.fixture
def robot(daemon, viewer):
    daemon.start()
    daemon.send(message("assembly-model"))
    return viewer.open(daemon.url).live().wait_parts("arm").wait_frame()


def open_menu(viewer):
    viewer.page.get_by_role("button", name="Menu").click()
    menu = viewer.page.get_by_role("dialog", name="Menu")
    menu.wait_for()
    return menu


def saved(viewer, scale, transparent):
    menu = open_menu(viewer)
    menu.get_by_label("Size").select_option(str(scale))
    menu.get_by_label("Transparent background").set_checked(transparent)
    with viewer.page.expect_download() as download:
        menu.get_by_role("button", name="Save picture").click()
    return download.value, Image.open(download.value.path())


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_picture_is_saved_in_the_size_that_was_chosen(robot, scale):
    canvas = robot.page.locator("#cad_viewer canvas").first.bounding_box()
    download, picture = saved(robot, scale, False)
    assert download.suggested_filename == "robot.png"
    assert picture.size == (round(canvas["width"]) * scale, round(canvas["height"]) * scale)
    colours = picture.convert("RGBA").getcolors(1 << 24)
    assert len(colours) > 20, "the picture is blank"
    assert all(colour[3] == 255 for _, colour in colours), "part of it is transparent"
    # The picture on screen is as it was.
    robot.wait_equal(robot.page.locator("#cad_viewer canvas").first.bounding_box, canvas)
    robot.wait_call("viewer.renderer.getPixelRatio() === devicePixelRatio")
    robot.wait_drawn()


def test_a_picture_without_a_background(robot):
    _, picture = saved(robot, 1, True)
    assert picture.mode == "RGBA" and picture.getpixel((picture.width - 2, picture.height // 2))[3] == 0
    assert picture.getextrema()[3] == (0, 255)


def test_a_picture_is_copied(robot):
    robot.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_menu(robot).get_by_role("button", name="Copy picture").click()
    robot.said("in the clipboard")
    data = robot.page.evaluate("""async () => {
        const [item] = await navigator.clipboard.read();
        return [...new Uint8Array(await (await item.getType("image/png")).arrayBuffer())];
    }""")
    assert Image.open(io.BytesIO(bytes(data))).width > 1000


def test_without_a_model_the_menu_says_what_did_not_work(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    viewer.open(daemon.url).live().wait_frame()
    daemon.send('D:{"type":"clear"}')
    viewer.wait_call("!viewer.ready")
    open_menu(viewer).get_by_role("button", name="Save picture").click()
    viewer.page.locator(".notice", has_text="there is no model on screen").wait_for()


def test_a_link_opens_the_same_view_elsewhere(daemon, robot, viewers):
    robot.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    robot.call("viewer.setView('top'); viewer.setCameraZoom(1.7); viewer.setState('/robot/leg0', [0, 1], 'leaf');"
               "viewer.setActiveTab('clip');")
    open_menu(robot).get_by_role("button", name="Copy link to this view").click()
    robot.said("in the clipboard")
    link = robot.page.evaluate("navigator.clipboard.readText()")
    other = viewers().open(link).live().wait_parts("arm").wait_frame()
    other.wait_equal(other.camera, pytest.approx(robot.camera(), abs=1e-4), "the camera")
    other.wait_equal(lambda: other.call("return viewer.getStates()['/robot/leg0']"), [0, 1])
    other.wait_call("viewer.state.get('activeTab') === 'clip'")
    # A reload would undo what was changed since.
    other.wait_until(lambda: "#" not in other.page.url, "an address without the view")
    # On another model the direction alone is kept.
    daemon.send(message("box-model"))
    late = viewers().open(link).live().wait_parts("Solid").wait_frame()
    turned = robot.call("return viewer.getCameraQuaternion()")
    late.wait_equal(lambda: late.call("return viewer.getCameraQuaternion()"), pytest.approx(turned, abs=1e-4))


@pytest.mark.parametrize("hash", ["view=", "view=!!!", "view=eyJtb2RlbCI6MSwidmlldyI6eyJ6b29tIjoieCJ9fQ"])
def test_a_link_that_is_none_shows_the_model_as_it_comes(daemon, viewer, hash):
    daemon.start()
    daemon.send(message("box-model"))
    viewer.open(f"{daemon.url}#{hash}").live().wait_parts("Solid").wait_drawn()
    assert viewer.page.locator(".notice.error").count() == 0


def test_the_page_fills_the_screen_until_it_is_asked_again(robot):
    for full in ("true", "false"):
        open_menu(robot).get_by_role("button", name="Full screen").click()
        robot.wait_call(f"(document.fullscreenElement === document.documentElement) === {full}")
        assert robot.page.locator("#bar").is_visible()


def test_a_presentation_shows_the_picture_alone(robot):
    before = robot.page.locator("#cad_viewer canvas").first.bounding_box()
    open_menu(robot).get_by_role("button", name="Presentation").click()
    for hidden in ("#bar", ".tcv_cad_toolbar", ".tcv_cad_navigation"):
        robot.page.locator(hidden).wait_for(state="hidden")
    robot.page.wait_for_function(
        "(height) => document.querySelector('#cad_viewer canvas').clientHeight > height", arg=before["height"] + 20)
    robot.page.get_by_role("button", name="End presentation").click()
    robot.page.locator("#bar").wait_for()
    robot.page.wait_for_function("() => document.fullscreenElement === null")
    robot.page.wait_for_function(
        "(height) => document.querySelector('#cad_viewer canvas').clientHeight === height", arg=before["height"])


def test_a_persons_settings_hold_for_later_models_and_pages(daemon, robot):
    menu = open_menu(robot)
    menu.get_by_label("Theme").select_option("dark")
    menu.get_by_label("Axes").select_option("on")
    menu.get_by_label("Camera").select_option("perspective")
    robot.wait_call("document.documentElement.dataset.theme === 'dark' && viewer.getAxes() && !viewer.getOrtho()")
    daemon.send('S:{"type":"ui","config":{"_core_version":"1.1.2","theme":"light","axes":false}}')
    daemon.send(message("box-model"))
    robot.wait_parts("Solid")
    robot.wait_call("viewer.getAxes() && !viewer.getOrtho()")
    robot.page.reload()
    robot.live().wait_parts("Solid").wait_call("viewer.getAxes() && document.documentElement.dataset.theme === 'dark'")
    open_menu(robot).get_by_role("button", name="All as the server says").click()
    robot.wait_call("!viewer.getAxes() && viewer.getOrtho() && document.documentElement.dataset.theme === 'light'")


def test_the_open_menu_has_no_violation(robot):
    menu = open_menu(robot)
    for width in (390, 900, 1400):
        robot.resize(width, 800).wait_good(
            menu.bounding_box, lambda box: box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] >= 0)
    assert violations_of_all(robot, (390, 900, 1400), 800) == {}


def test_the_menu_has_the_addresses_for_other_devices(daemon, viewer, viewers):
    daemon.start("--host", "0.0.0.0", "--token", "a-token-for-other-devices")
    viewer.open(daemon.url.replace("/viewer", "/s/gear/viewer")).live()
    viewer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    said = "!document.getElementById('addresses-none').hidden"
    menu = open_menu(viewer)
    viewer.page.wait_for_function(f"() => document.querySelector('#addresses li') !== null || {said}")
    if viewer.page.evaluate(said):
        pytest.skip("this machine has no address but loopback")

    def copied():
        viewer.page.evaluate("navigator.clipboard.writeText('')")
        menu.get_by_role("button", name="Copy http").first.click()
        viewer.page.wait_for_function("async () => await navigator.clipboard.readText() !== ''")
        return viewer.page.evaluate("navigator.clipboard.readText()")

    assert "/s/gear/viewer?token=a-token-for-other-devices" in copied() and "127.0.0.1" not in copied()
    if menu.get_by_role("button", name="QR code").count() > 0:
        menu.get_by_role("button", name="QR code").first.click()
        viewer.page.wait_for_function("() => document.getElementById('share-code').naturalWidth > 0")
    menu.get_by_label("For looking only").check()
    assert "/s/gear/viewer?token=" in copied() and "a-token-for-other-devices" not in copied()
    assert violations(viewer) == []
    other = viewers().open(copied()).live()
    other.page.locator("#bar-state", has_text="live, view only").wait_for()


def test_a_server_of_this_machine_alone_says_so(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    open_menu(viewer).get_by_text("--host").wait_for()


def test_a_trip_with_the_keyboard_alone(robot):
    """From opening the page over the search for a part and its facts to a saved picture."""
    robot.page.locator("#overlay").wait_for(state="attached")
    keyboard = robot.page.keyboard

    def tab_to(name):
        for _ in range(90):
            keyboard.press("Tab")
            if robot.page.evaluate("() => document.activeElement.ariaLabel || document.activeElement.textContent") == name:
                return
        raise AssertionError(f"{name} is not reached")

    keyboard.press("/")
    keyboard.type("arm")
    robot.page.locator("#model-found li").first.wait_for()
    tab_to("Menu of arm")
    keyboard.press("Enter")
    robot.page.locator("#part").wait_for()
    keyboard.press("Enter")
    robot.wait_call("Object.values(viewer.getStates()).filter((state) => state.includes(1)).length === 2")
    keyboard.press("Escape")
    robot.page.locator("#model").wait_for(state="hidden")
    tab_to("Menu")
    keyboard.press("Enter")
    robot.page.get_by_role("dialog", name="Menu").wait_for()
    tab_to("Save picture")
    with robot.page.expect_download() as download:
        keyboard.press("Enter")
    assert Image.open(download.value.path()).width > 1000
    robot.wait_call("document.activeElement.id === 'bar-menu'")  # the focus is where it was
