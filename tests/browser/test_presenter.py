# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""One page leads, the others look at the model as it does until their person moves."""
import pytest
from conftest import message
from playwright.sync_api import expect
from test_compare import show_both
from test_connection import NOWHERE
from test_history import on_screen, open_history, show

LEADS = "Leading the other pages."
FOLLOWS = "Following another page."


def opened(viewers, daemon, count, **urls):
    """That many windows on the session, all with the same model."""
    shown = [viewers().open(urls.get(f"w{n}", daemon.url)).live() for n in range(count)]
    daemon.send(message("assembly-model"))
    for each in shown:
        each.wait_parts("leg0").wait_frame()
    return shown


def lead(viewer):
    viewer.page.locator("#bar-menu").click()
    viewer.page.locator("[data-do=lead]").click()
    return viewer


def line(viewer, text):
    viewer.page.locator("#notices .notice", has_text=text).wait_for()


def look(viewer, position, zoom):
    viewer.call(f"viewer.setCameraPosition({position}); viewer.setCameraZoom({zoom});")
    return viewer.painted().camera()


def wait_camera(viewer, camera):
    viewer.wait_equal(viewer.camera, pytest.approx(camera, rel=1e-4, abs=1e-4), "the camera")


def states(viewer):
    return viewer.call("return viewer.getStates()")


def test_others_follow_until_their_person_moves(daemon, viewers):
    daemon.start()
    one, two = opened(viewers, daemon, 2)
    lead(one)
    line(one, LEADS)
    line(two, FOLLOWS)
    wait_camera(two, look(one, [80, -120, 60], 2))

    # What is hidden, and the tab.
    path = next(each for each in states(one) if each.endswith("leg0"))
    one.call(f"viewer.setState({path!r}, [0, 0])")
    two.wait_equal(lambda: states(two)[path], [0, 0], "the state of the part")
    one.call("viewer.setActiveTab('clip')")
    two.wait_call("viewer.activeTab === 'clip' || viewer.state?.get('activeTab') === 'clip'")

    # The person of the second one looks elsewhere.
    box = two.page.locator("#cad_viewer canvas").first.bounding_box()
    two.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    two.page.mouse.down()
    two.page.mouse.up()
    line(two, "Another page leads.")
    own = look(two, [-50, 90, 120], 1)
    seen = look(one, [10, 140, 30], 3)
    # What came with it came before this.
    daemon.send('S:{"type":"ui","config":{"transparent":true}}')
    two.wait_call("viewer.getTransparent()")
    assert two.camera() == pytest.approx(own, rel=1e-4, abs=1e-4)

    # Follows again, from where the other one is by now.
    two.page.get_by_role("button", name="Follow").click()
    wait_camera(two, seen)
    one.page.get_by_role("button", name="Stop").click()
    two.page.locator("#notices .notice", has_text=FOLLOWS).wait_for(state="detached")


def test_a_page_that_comes_later_follows_and_the_last_one_to_lead_counts(daemon, viewers):
    daemon.start()
    one, two = opened(viewers, daemon, 2)
    lead(one)
    seen = look(one, [80, -120, 60], 2)
    wait_camera(two, seen)
    three = viewers().open(daemon.url).live().wait_parts("leg0")
    wait_camera(three, seen)
    lead(two)
    line(two, LEADS)
    line(one, FOLLOWS)
    wait_camera(one, look(two, [10, 140, 30], 3))

    # It goes; nobody leads.
    two.page.close()
    for each in (one, three):
        each.page.locator("#notices .notice", has_text=FOLLOWS).wait_for(state="detached")


def test_a_new_show_is_seen_as_the_leader_sees_it(daemon, viewers):
    daemon.start()
    one, two = opened(viewers, daemon, 2)
    lead(one)
    line(two, FOLLOWS)
    wait_camera(two, look(one, [80, -120, 60], 2))
    daemon.send(message("zoo-model"))
    for each in (one, two):
        each.wait_parts("cylinder").wait_frame()
    wait_camera(two, look(one, [30, -20, 160], 4))


def test_who_may_only_look_follows_and_does_not_lead(daemon, viewers):
    daemon.start("--view-token", "only-a-spectator-here", "--token", "somebody-who-may-do-all")
    spectator = f"{daemon.url.split('?')[0]}?token=only-a-spectator-here"
    one, two = opened(viewers, daemon, 2, w1=spectator)
    lead(two)
    line(two, "this page may only view")
    lead(one)
    line(two, FOLLOWS)
    wait_camera(two, look(one, [80, -120, 60], 2))


def test_a_page_leads_again_when_its_connection_is_back(daemon, viewers, proxies):
    daemon.start()
    proxy = proxies(daemon.port)
    one, two = opened(viewers, daemon, 2, w0=f"http://127.0.0.1:{proxy.port}/viewer")
    one.expect_errors(*NOWHERE)
    lead(one)
    line(two, FOLLOWS)
    proxy.prefix = "/nowhere"
    proxy.cut()
    two.page.locator("#notices .notice", has_text=FOLLOWS).wait_for(state="detached")
    proxy.prefix = ""
    line(two, FOLLOWS)
    wait_camera(two, look(one, [80, -120, 60], 2))


def test_the_pictures_of_the_history_are_followed(daemon, viewers):
    daemon.start()
    show(daemon, "first", "second", "third")
    one, two = [viewers().open(daemon.url).live() for _ in range(2)]
    on_screen(one.wait_frame(), "third")
    on_screen(two.wait_frame(), "third")
    lead(one)
    line(two, FOLLOWS)
    one.page.keyboard.press(",")
    one.page.keyboard.press(",")
    on_screen(one, "first")
    on_screen(two, "first")
    # The camera, too, of the page that looks back; and a page that comes later.
    wait_camera(two, look(one, [3, -7, 2], 2))
    three = viewers().open(daemon.url).live()
    on_screen(three, "first")
    wait_camera(three, one.camera())
    three.page.close()

    # Who steps alone stops to follow, and is brought back.
    two.page.keyboard.press(".")
    on_screen(two, "second")
    line(two, "Another page leads.")
    two.page.get_by_role("button", name="Follow").click()
    on_screen(two, "first")

    # A new show brings all back, unless the one that leads stays.
    show(daemon, "fourth")
    on_screen(one, "fourth")
    on_screen(two, "fourth")
    open_history(one, 4).get_by_label("Stay when something new is shown").check()
    one.page.keyboard.press(",")
    on_screen(two, "third")
    show(daemon, "fifth")
    expect(one.page.locator("#history-list button")).to_have_count(5)
    wait_camera(two, look(one, [4, 7, 2], 1))
    on_screen(one, "third")
    on_screen(two, "third")
    one.page.get_by_role("button", name="The last picture").click()
    on_screen(one, "fifth")
    on_screen(two, "fifth")


def compare(viewer):
    viewer.page.keyboard.press("c")
    sheet = viewer.page.get_by_role("dialog", name="Compare")
    expect(sheet.locator("#compare-from option").nth(1)).to_be_attached()
    sheet.get_by_role("button", name="Compare", exact=True).click()
    on_screen(viewer, "compare")
    sheet.get_by_role("button", name="Close", exact=True).click()


def test_a_comparison_neither_leads_nor_follows(daemon, viewers):
    daemon.start()
    show_both(daemon)
    one, two = [viewers().open(daemon.url).live() for _ in range(2)]
    on_screen(one.wait_frame(), "after")
    on_screen(two.wait_frame(), "after")
    lead(one)
    line(two, FOLLOWS)
    compare(two)
    line(two, "Another page leads.")
    one.page.keyboard.press(",")
    on_screen(one, "before")
    wait_camera(one, look(one, [3, -7, 2], 2))
    on_screen(two, "compare")
    two.page.get_by_role("button", name="Follow").click()
    on_screen(two, "before")
    wait_camera(two, one.camera())
    expect(two.page.get_by_text("This is a comparison.")).to_have_count(0)

    # The others see neither it nor how it is turned, until it ends.
    camera = two.camera()
    compare(one)
    look(one, [80, -120, 60], 2)
    one.page.keyboard.press("c")
    on_screen(one, "after")
    show(daemon, "fourth")
    one.said("Something new was shown meanwhile.")
    on_screen(two, "before")
    assert two.camera() == camera
    one.page.get_by_role("button", name="Show it").click()
    on_screen(one, "fourth")
    on_screen(two, "fourth")
    wait_camera(two, one.camera())
