# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The page that lists the sessions."""
import json
import re

import pytest
from conftest import message
from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import expect

EMPTY = "No session holds anything yet. Show a model from a notebook."


def open_list(daemon, viewer):
    viewer.page.goto(daemon.url.replace("/viewer", "/sessions"))
    return viewer.live().page


def test_it_says_what_to_do_while_nothing_was_shown(daemon, viewer):
    daemon.start()
    page = open_list(daemon, viewer)
    page.locator("li.session", has_text="default").wait_for()
    page.get_by_text(EMPTY).wait_for()
    expect(page.locator("li.session .picture")).to_have_text("Nothing to see yet")
    daemon.send(message("box-model"))
    page.get_by_text(EMPTY).wait_for(state="hidden")


def test_it_names_the_notebook_that_drew_last(daemon, viewer):
    """A client connects for each message: how many are connected at this moment says nothing."""
    daemon.start("--listen", "0=bracket")
    page = open_list(daemon, viewer)
    card = page.locator("li.session[data-session=default]")
    card.get_by_text("no notebook yet").wait_for()
    daemon.send(message("box-model"))
    card.get_by_text("notebook at 127.0.0.1, just now").wait_for()
    assert "kernel" not in card.inner_text()
    other = page.locator("li.session[data-session=bracket]")
    expect(other).to_contain_text("no notebook yet")


def test_a_card_has_a_picture_before_a_browser_has_shown_the_model(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    page = open_list(daemon, viewer)
    page.locator("li.session[data-session=default] .picture img").wait_for()


def test_a_card_without_a_picture_says_when_there_will_be_one(daemon, viewer):
    """Of a model that the server cannot draw: its shape does not exist."""
    daemon.start()
    part = {"id": "/Group/a", "name": "a", "type": "shapes", "shape": {"ref": 7}, "state": [1, 1]}
    shapes = {"id": "/Group", "name": "Group", "parts": [part]}
    daemon.send("D:" + json.dumps({"type": "data", "data": {"instances": [], "shapes": shapes}, "config": {}}))
    page = open_list(daemon, viewer)
    page.get_by_text("A picture comes once a browser has shown it").wait_for()


def wait_cards(page, *names, more=False):
    """Until the list begins with these sessions, and has no more unless it may."""
    page.wait_for_function(
        """([names, more]) => {
            const shown = [...document.querySelectorAll("li.session")].map((item) => item.dataset.session);
            return (more || shown.length === names.length) && names.every((name, at) => shown[at] === name);
        }""", arg=[names, more])


def press_twice(page, word, name):
    """Where the machine takes longer than the page waits for the second press, from the beginning."""
    while True:
        page.get_by_role("button", name=f"{word} {name}", exact=True).click()
        try:
            page.get_by_role("button", name=f"really {word}? {name}").click(timeout=3000)
            return
        except TooLate:
            continue


@pytest.fixture
def three(daemon, viewer):
    """The list with the sessions default, arm and gear, of which gear was shown last."""
    daemon.start()
    # The small picture of a session may be on its way when the session is removed.
    viewer.expect_errors(r"404 .*/picture\.png")
    daemon.send(message("box-model"), session="arm")
    daemon.send(message("box-model"))
    daemon.send(message("assembly-model"), session="gear")
    page = open_list(daemon, viewer)
    page.locator("li.session").nth(2).wait_for()
    return page


def test_sessions_are_searched_sorted_and_pinned(three):
    wait_cards(three, "default", "arm", "gear")
    three.get_by_label("Sort by").select_option("size")
    wait_cards(three, "gear", more=True)
    three.get_by_role("button", name="Pin arm").click()
    wait_cards(three, "arm", more=True)
    three.get_by_label("Find").fill("base")
    wait_cards(three, "gear")  # what it shows is searched, too
    three.get_by_label("Find").fill("nothing like that")
    three.get_by_text("No session of that name.").wait_for()
    three.reload()
    three.locator("li.session").nth(2).wait_for()
    wait_cards(three, "arm", "gear", more=True)
    three.get_by_role("button", name="Unpin arm").click()
    wait_cards(three, "gear", more=True)


def test_what_a_program_pinned_is_first_until_the_list_unpins_it(daemon, three):
    wait_cards(three, "default", "arm", "gear")
    change = {"method": "PATCH", "headers": {"Content-Type": "application/json"}, "body": '{"pin":true}'}
    assert three.evaluate("change => fetch('api/v1/sessions/gear', change).then(answer => answer.status)", change) == 200
    wait_cards(three, "gear", "default", "arm")
    three.get_by_role("button", name="Unpin gear").click()
    wait_cards(three, "default", "arm", "gear")
    three.get_by_role("button", name="Pin gear", exact=True).wait_for()


def test_a_session_is_removed_with_the_second_press(daemon, three):
    press_twice(three, "remove", "gear")
    three.locator("li.session[data-session=gear]").wait_for(state="detached")
    wait_cards(three, "default", "arm")


def test_a_session_that_stays_is_cleared(daemon, three):
    press_twice(three, "clear", "default")
    card = three.locator("li.session[data-session=default]")
    card.locator(".models", has_text="empty").wait_for()
    expect(card, "who cleared it is none that showed").to_contain_text("notebook at")
    assert daemon.metric("sessions") >= 2


def test_one_press_removes_nothing(three):
    three.get_by_role("button", name="remove gear", exact=True).click()
    three.get_by_role("button", name="really remove? gear").wait_for(state="detached")
    three.get_by_role("button", name="remove gear", exact=True).wait_for()
    wait_cards(three, "default", "arm", "gear")


def test_the_address_of_a_session_is_copied(daemon, three):
    three.context.grant_permissions(["clipboard-read", "clipboard-write"])
    three.get_by_role("button", name="Copy the address of gear").click()
    three.wait_for_function("() => window.said.some((each) => each.includes('Copied: '))")
    assert three.evaluate("navigator.clipboard.readText()") == daemon.url.replace("/viewer", "/s/gear/viewer")


def test_browsers_that_may_only_view_clear_nothing(daemon, viewer):
    daemon.start("--read-only")
    daemon.send(message("box-model"))
    page = open_list(daemon, viewer)
    page.get_by_role("button", name="Pin default").wait_for()
    expect(page.get_by_role("button", name="clear default")).to_have_count(0)


def test_a_new_session_is_opened_from_the_list(daemon, viewer):
    daemon.start()
    page = open_list(daemon, viewer)
    name = page.get_by_label("New session")
    for wrong in ("", "..", "a/b", "ä"):
        name.fill(wrong)
        page.get_by_role("button", name="Open").click()
        page.wait_for_function("() => !document.getElementById('make').checkValidity()")
    assert page.url.endswith("/sessions")
    name.fill("lesson-2.b")
    name.press("Enter")
    page.wait_for_url("**/s/lesson-2.b/viewer")
    page.locator("#hint-no-port", has_text="cadcast listen 3940=lesson-2.b").wait_for()


# -- names, ports, links


def ask(page, name, word="Rename"):
    page.get_by_role("button", name=f"{word} {name}", exact=True).click()


def rename(page, old, new):
    ask(page, old)
    page.get_by_label("New name").fill(new)
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()


def test_a_session_is_renamed_and_its_page_moves_on(daemon, viewers, three):
    """The page goes on with the picture and the camera that it had."""
    shown = viewers().open(daemon.url.replace("/viewer", "/s/gear/viewer")).live().wait_parts("base").wait_drawn()
    shown.call("viewer.presetCamera('top');")
    camera = shown.settled().camera()
    shown.page.evaluate("sessionStorage.setItem('cadcast-measured-gear', '[{\"tool\":\"x\",\"of\":\"y\",\"values\":[]}]')")
    three.get_by_role("button", name="Pin gear").click()
    rename(three, "gear", "cog")
    wait_cards(three, "cog", more=True)  # it is still pinned
    shown.page.wait_for_url("**/s/cog/viewer")
    shown.live().wait_parts("base").wait_drawn()
    shown.wait_equal(shown.camera, camera, "the camera")
    assert "cadcast-measured-cog" in shown.page.evaluate("() => Object.keys(sessionStorage)")
    assert daemon.metric("sessions") == 3
    expect(three.locator("li.session[data-session=gear]")).to_have_count(0)


def test_a_page_that_was_offline_goes_to_the_new_name(daemon, viewers, proxies):
    daemon.start()
    daemon.send(message("box-model"), session="gear")
    proxy = proxies(daemon.port)
    shown = viewers().open(f"http://127.0.0.1:{proxy.port}/s/gear/viewer").live().wait_parts("Solid")
    shown.expect_errors("WebSocket", "ERR_")
    proxy.down = True
    proxy.cut()
    shown.page.wait_for_selector("#bar-state.waiting")
    answer = shown.page.request.post(daemon.url.replace("/viewer", "/sessions/rename"),
                                     data={"session": "gear", "name": "cog"})
    assert answer.ok
    proxy.down = False
    shown.page.wait_for_url("**/s/cog/viewer")
    shown.live().wait_parts("Solid")
    assert daemon.metric("sessions") == 2, "the old name was not made anew"


def test_the_page_at_the_session_s_own_port_stays(daemon, viewers, viewer):
    daemon.start("--listen", "0=gear")
    page = open_list(daemon, viewer)
    card = page.locator("li.session[data-session=gear] .counts")
    own = int(card.text_content().split("port ")[1].split()[0])
    shown = viewers().open(f"http://127.0.0.1:{own}/viewer").live()
    rename(page, "gear", "cog")
    shown.page.wait_for_function("() => document.title.includes('cog')")
    assert shown.page.url == f"http://127.0.0.1:{own}/viewer"
    daemon.send(message("box-model"), session="cog")
    shown.live().wait_parts("Solid")


def test_a_rename_can_be_left_and_refused(three, viewer):
    ask(three, "gear")
    three.get_by_role("button", name="Cancel").click()
    expect(three.get_by_role("dialog")).to_be_hidden()
    ask(three, "gear")
    three.keyboard.press("Escape")
    ask(three, "gear")
    name = three.get_by_label("New name")
    name.fill("a/b")
    three.get_by_role("dialog").get_by_role("button", name="Rename").click()
    assert three.evaluate("() => !document.getElementById('rename-name').checkValidity()")
    viewer.expect_errors(r"409")
    name.fill("arm")
    three.get_by_role("dialog").get_by_role("button", name="Rename").click()
    three.get_by_text("That was not done: there is a session of that name").wait_for()
    wait_cards(three, "default", "arm", "gear")
    expect(three.get_by_role("button", name="Rename default")).to_be_hidden()


def test_a_new_session_has_the_port_that_was_asked_for(daemon, viewer):
    daemon.start()
    page = open_list(daemon, viewer)
    page.get_by_label("New session").fill("lesson")
    page.get_by_label("Port for notebooks").fill("0")
    page.get_by_role("button", name="Open").click()
    page.wait_for_url("**/s/lesson/viewer")
    code = page.locator("#hint-code")
    expect(code).to_contain_text(re.compile(r"set_port\(\d+\)"))
    own = int(code.text_content().split("set_port(")[1].split(")")[0])
    assert own not in (0, daemon.port)
    # It is removed with its port.
    page = open_list(daemon, viewer)
    card = page.locator("li.session[data-session=lesson]")
    expect(card.locator(".counts")).to_contain_text(f"port {own}")
    expect(card.locator(".counts")).to_contain_text("0 browsers")
    press_twice(page, "remove", "lesson")
    card.wait_for(state="detached")


def test_a_busy_port_is_said_and_no_session_made(daemon, viewer):
    daemon.start()
    page = open_list(daemon, viewer)
    viewer.expect_errors(r"409")
    page.get_by_label("New session").fill("lesson")
    page.get_by_label("Port for notebooks").fill(str(daemon.port))
    page.get_by_role("button", name="Open").click()
    page.get_by_text(f"That was not done: port {daemon.port} is that of session default already").wait_for()
    assert page.url.endswith("/sessions")
    wait_cards(page, "default")


def test_the_view_only_link_is_copied_if_there_is_one(daemon, viewer):
    daemon.start("--view-token", "only-a-spectator-here", "--token", "somebody-who-may-do-all")
    daemon.send(message("box-model"), session="gear")
    page = open_list(daemon, viewer)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the view-only link of gear").click()
    page.wait_for_function("() => window.said.some((each) => each.includes('Copied: '))")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"http://127.0.0.1:{daemon.port}/s/gear/viewer?token=only-a-spectator-here"


def test_without_a_token_there_is_no_view_only_link(three):
    three.wait_for_load_state("networkidle")
    expect(three.get_by_role("button", name="Copy the view-only link of gear")).to_be_hidden()


def test_browsers_that_may_only_view_rename_nothing(daemon, viewer):
    daemon.start("--read-only", "--listen", "0=gear")
    page = open_list(daemon, viewer)
    page.get_by_role("button", name="Pin gear").wait_for()
    expect(page.get_by_role("button", name="Rename gear")).to_be_hidden()
    expect(page.get_by_label("Port for notebooks")).to_be_hidden()


# -- side by side


def tick(page, *names):
    for name in names:
        page.get_by_role("checkbox", name=f"{name} side by side").check()


def test_chosen_sessions_are_shown_side_by_side(daemon, three):
    button = three.get_by_role("button", name="Side by side")
    expect(button).to_be_disabled()
    tick(three, "gear")
    expect(button).to_be_disabled()
    tick(three, "arm")
    button.click()
    three.wait_for_url("**/sessions/side?name=arm&name=gear")
    for name, part in (("arm", "Solid"), ("gear", "base")):
        inside = three.frame(f"side-{name}")
        inside.wait_for_function("(part) => globalThis.cadcast?.viewer?.getStates?.() && "
                                 "JSON.stringify(cadcast.viewer.getStates()).includes(part)", arg=part)
    boxes = [three.locator(f"iframe[title={name}]").bounding_box() for name in ("arm", "gear")]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"] and boxes[0]["y"] == boxes[1]["y"]
    # Each is a window of its own for the server, though both share what the tab stores.
    ids = three.evaluate("() => Object.keys(sessionStorage).filter((key) => key.startsWith('cadcast-id'))")
    assert sorted(ids) == ["cadcast-idside-arm", "cadcast-idside-gear"]


def test_four_at_most_and_no_addresses_of_others(daemon, viewer):
    daemon.start()
    page = viewer.page
    page.goto(daemon.url.replace("/viewer", "/sessions/side?name=a&name=b&name=a&name=..&name=x/y&name=c&name=d&name=e"))
    page.locator("iframe").nth(3).wait_for()
    assert page.evaluate("() => [...document.querySelectorAll('iframe')].map((each) => each.title)") == ["a", "b", "c", "d"]
    assert all(source.startswith(daemon.url.replace("/viewer", "/s/")) for source in page.evaluate(
        "() => [...document.querySelectorAll('iframe')].map((each) => each.src)"))
    tops = [page.locator("iframe").nth(n).bounding_box() for n in range(4)]
    assert len({box["x"] for box in tops}) == 2 and len({box["y"] for box in tops}) == 2
    page.goto(daemon.url.replace("/viewer", "/sessions/side"))
    page.get_by_text("No session is named.").wait_for()


def test_a_renamed_session_stays_in_its_place(daemon, three):
    three.goto(daemon.url.replace("/viewer", "/sessions/side?name=arm&name=gear"))
    inside = three.frame("side-gear")
    inside.wait_for_selector("#bar-state.live")
    three.request.post(daemon.url.replace("/viewer", "/sessions/rename"), data={"session": "gear", "name": "cog"})
    inside.wait_for_url("**/s/cog/viewer")
    assert three.locator("iframe").count() == 2
