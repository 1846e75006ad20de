# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Reloads, lost connections, and every way a browser may reach the page."""
import json
import re
import signal

import pytest
from chromium import CHROMIUM, FLAGS
from conftest import Viewer, message
from playwright.sync_api import expect

CUT = ("WebSocket connection to", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE")
# What the page loads behind the first frame, from a server that another answers for.
NOWHERE = (*CUT, r"404 \(Not Found\)")
LOOK = (
    "viewer.setCameraPosition([80, -120, 60]); viewer.setCameraZoom(1.75);"
    "viewer.setStates({'/robot/base': [0, 1], '/robot/leg3': [0, 0]}); viewer.setActiveTab('clip');"
)


def tree(viewer):
    return viewer.call("return viewer.getStates()")


def look_around(viewer):
    """Move the camera, hide parts, change the tab; returns what has to come back."""
    viewer.call(LOOK)
    viewer.painted()
    return viewer.camera(), tree(viewer)


def same_camera(viewer, camera):
    viewer.wait_equal(viewer.camera, pytest.approx(camera, rel=1e-4, abs=1e-4), "the camera")


def assert_same_look(viewer, camera, states):
    same_camera(viewer, camera)
    viewer.wait_equal(lambda: tree(viewer), states, "the tree")
    viewer.wait_call("viewer.state.get('activeTab') === 'clip'")


def test_reload_keeps_picture_and_view(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    before = look_around(viewer)
    viewer.page.reload()
    viewer.live().wait_parts("robot").wait_drawn()
    assert_same_look(viewer, *before)


def test_reload_keeps_the_view_over_later_settings(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    daemon.send(message("ui"))
    viewer.wait_parts("robot").wait_call("viewer.ready && viewer.getTransparent()")
    before = look_around(viewer)
    viewer.page.reload()
    viewer.live().wait_parts("robot").wait_call("viewer.ready && viewer.getTransparent()")
    assert_same_look(viewer, *before)


def test_reload_fetches_no_bytes_again(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("bracket-model"))
    viewer.wait_drawn()
    viewer.page.reload()
    viewer.live().wait_drawn()
    moved = viewer.page.evaluate(
        "performance.getEntriesByType('resource').filter((e) => /models\\/[^/]+$/.test(e.name))"
        ".map((e) => e.transferSize)"
    )
    assert moved and all(size < 1000 for size in moved), moved


def test_second_window_has_its_own_view(daemon, viewers):
    daemon.start()
    daemon.send(message("assembly-model"))
    first = viewers().open(daemon.url).live().wait_parts("robot").wait_drawn()
    fresh = first.camera()
    look_around(first)
    second = viewers().open(daemon.url).live().wait_parts("robot").wait_drawn()
    same_camera(second, fresh)


def test_cut_connection_comes_back_with_the_view(daemon, viewer, proxies):
    daemon.start()
    proxy = proxies(daemon.port)
    viewer.expect_errors(*CUT)
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer").live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    before = look_around(viewer)
    viewer.page.evaluate("performance.clearMarks()")
    proxy.cut()
    viewer.wait_drawn()
    viewer.live()
    expect(viewer.page.locator(".notice")).to_have_count(0)
    assert_same_look(viewer, *before)


def test_model_shown_while_cut_off(daemon, viewer, proxies):
    daemon.start()
    proxy = proxies(daemon.port)
    viewer.expect_errors(*NOWHERE)
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer").live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    proxy.prefix = "/nowhere"
    proxy.cut()
    viewer.page.wait_for_selector("#bar-state.waiting")
    expect(viewer.page.locator(".notice[data-key=connection]")).to_contain_text("trying again")
    daemon.send(message("assembly-model"))
    proxy.prefix = ""
    viewer.live().wait_parts("robot").wait_drawn()


def test_a_module_that_could_not_be_loaded_is_loaded_later(daemon, viewer):
    """As while the connection is cut: by itself, or when the person asks for it again."""
    daemon.start()
    viewer.expect_errors("ERR_FAILED")
    later = re.compile(r"/(interaction|a11y|share)\.js$")
    viewer.page.route(later, lambda route: route.abort())
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    for what in ("Tools for picking", "Help for the keyboard"):
        viewer.said(f"{what} could not be loaded from the server. The page tries again.")
    viewer.page.locator("#bar-menu").click()
    viewer.said("Addresses to share could not be loaded from the server. Try again.")
    viewer.page.unroute(later)
    viewer.page.locator("[role=treeitem]").first.wait_for()
    viewer.page.keyboard.press("Escape")
    viewer.page.locator("#bar-menu").click()
    expect(viewer.page.locator(".notice[data-key^=lazy-]")).to_have_count(0)


@pytest.mark.parametrize("missing", ["page.js", "title.js", "three-cad-viewer.esm.js"])
def test_a_page_that_did_not_arrive_whole_is_loaded_again(daemon, viewer, missing):
    """Its first module, one that all of it needs, or the renderer."""
    daemon.start()
    daemon.send(message("box-model"))
    viewer.expect_errors("ERR_FAILED")
    what = f"**/{missing}"
    viewer.page.route(what, lambda route: route.abort())
    viewer.open(daemon.url)
    line = viewer.page.locator(".notice", has_text="could not be loaded from the server")
    line.wait_for()
    viewer.page.unroute(what)
    viewer.live().wait_parts("Solid").wait_drawn()
    expect(line).to_have_count(0)


def test_a_page_that_is_long_in_coming_says_so(daemon, viewers):
    daemon.start()
    viewer = viewers(alone=True)
    viewer.page.clock.install()
    held = []

    def hold(route):
        held.append(route)

    viewer.page.route("**/title.js", hold)
    viewer.page.goto(daemon.url, wait_until="commit")
    line = viewer.page.locator(".notice", has_text="still being loaded")
    viewer.wait_until(lambda: held, "the request")
    viewer.run_until(line.count, 20_000)
    held[0].continue_()
    viewer.live()
    expect(line).to_have_count(0)


def test_restarted_server(daemon, viewer):
    daemon.start()
    viewer.expect_errors(*CUT)
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    daemon.stop(signal.SIGKILL)
    viewer.page.wait_for_selector("#bar-state.waiting")
    daemon.start()
    viewer.live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()


def give_up(daemon, viewer, attempts):
    """A page whose server has gone and that tries no more."""
    daemon.start("--max_reconnect_attempts", str(attempts))
    viewer.expect_errors(*CUT)
    viewer.open(daemon.url).live()
    daemon.stop()
    viewer.page.wait_for_selector("#bar-state.gone")


def test_gives_up_and_says_what_to_do(daemon, viewer):
    give_up(daemon, viewer, 2)
    notice = viewer.page.locator(".notice[data-key=connection]")
    expect(notice).to_contain_text(re.compile("does not answer.*Start it again"))
    daemon.start()
    notice.locator("button", has_text="Connect").click()
    viewer.live()
    expect(notice).to_have_count(0)


def test_tries_again_when_the_network_is_back(daemon, viewer):
    """A page that gave up in the night does not wait for a click in the morning."""
    give_up(daemon, viewer, 1)
    daemon.start()
    viewer.page.evaluate("window.dispatchEvent(new Event('online'))")
    viewer.live()
    expect(viewer.page.locator(".notice")).to_have_count(0)


def test_says_what_stands_in_the_way(daemon, viewer, proxies):
    """The page is reached and its WebSocket is not: starting cadcast again would not help."""
    daemon.start("--max_reconnect_attempts", "0")
    proxy = proxies(daemon.port)
    viewer.expect_errors("WebSocket connection to", "403", "404")
    viewer.page.route_web_socket("**/*", lambda socket: socket.close())
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer")
    notice = viewer.page.locator(".notice[data-key=connection]")
    expect(notice).to_contain_text("proxy")
    viewer.page.route("**/viewer", lambda route: route.fulfill(status=403))
    notice.locator("button", has_text="Connect").click()
    notice.get_by_text("does not let this page in").wait_for()


@pytest.mark.parametrize("swallow", ["handshake", "messages"])
def test_a_connection_without_an_answer_is_given_up_and_tried_again(daemon, viewers, proxies, swallow):
    """A proxy that is not ready yet may hold a WebSocket for ever. Time is the test's here."""
    daemon.start()
    daemon.send(message("assembly-model"))
    proxy = proxies(daemon.port)
    proxy.swallow = swallow
    viewer = viewers(alone=True)
    viewer.expect_errors("WebSocket")
    attempts = []
    viewer.page.on("websocket", lambda socket: attempts.append(socket.url))
    viewer.page.clock.install()
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer")
    notice = viewer.page.locator(".notice[data-key=connection]")
    for number in (1, 2):
        viewer.wait_until(lambda: len(attempts) >= number, "an attempt")
        assert viewer.page.locator("#bar-state.live").count() == 0
        # Until it is open, and from then until an answer.
        viewer.run_until(lambda: notice.filter(has_text=f"attempt {number} of").count(), 21_000)
        expect(notice).to_contain_text("does not answer; trying again")
    proxy.swallow = None
    notice.get_by_role("button", name="Try now").click()
    viewer.live().wait_parts("robot")
    expect(notice).to_have_count(0)


@pytest.mark.parametrize("swallow", ["handshake", "messages"])
def test_the_list_of_sessions_gives_up_a_connection_without_an_answer(daemon, viewers, proxies, swallow):
    daemon.start()
    proxy = proxies(daemon.port)
    proxy.swallow = swallow
    viewer = viewers(alone=True)
    viewer.expect_errors("WebSocket")
    viewer.page.clock.install()
    viewer.open(f"http://127.0.0.1:{proxy.port}/sessions")
    notice = viewer.page.locator(".notice[data-key=connection]")
    viewer.run_until(lambda: notice.filter(has_text="does not answer").count(), 21_000)
    proxy.swallow = None
    viewer.run_until(lambda: viewer.page.locator("li.session").count(), 25_000)
    expect(notice).to_have_count(0)


def test_a_duplicated_tab_is_a_window_of_its_own(daemon, viewer):
    """It begins with a copy of what the other one has stored, its name for the server included."""
    own = "() => sessionStorage.getItem('cadcast-id')"
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    name = viewer.page.evaluate(own)
    before = look_around(viewer)
    with viewer.page.expect_popup() as opened:
        viewer.page.evaluate("() => { window.open(location.href); }")
    second = Viewer(opened.value)
    second.live().wait_parts("robot").wait_drawn()
    other = second.page.evaluate(own)
    assert other != name and viewer.page.evaluate(own) == name
    second.call("viewer.setCameraZoom(1.5); viewer.setActiveTab('material');")
    second.painted()
    seen = second.camera()
    for window, expected in ((viewer, name), (second, other)):
        window.page.reload()
        window.live().wait_parts("robot").wait_drawn()
        assert window.page.evaluate(own) == expected, "a reload is the same window"
    assert_same_look(viewer, *before)
    same_camera(second, seen)
    assert second.unexpected() == []


def test_ipv6_address(daemon, viewer):
    daemon.start()
    daemon.send(message("box-model"))
    viewer.open(f"http://[::1]:{daemon.port}/viewer").live().wait_parts("Solid").wait_drawn()


@pytest.mark.parametrize("session", ["", "s/other/"])
def test_below_a_path_prefix(daemon, viewer, proxies, session):
    daemon.start()
    proxy = proxies(daemon.port, "/hub/user/cad")
    url = f"http://127.0.0.1:{proxy.port}/hub/user/cad/{session}viewer"
    daemon.send(message("assembly-model"), session="other" if session else None)
    viewer.open(url).live().wait_parts("robot").wait_drawn()


def test_https_in_front(daemon, viewers, proxies, certificate):
    daemon.start()
    proxy = proxies(daemon.port, "/cad", certificate)
    daemon.send(message("assembly-model"))
    viewer = viewers()
    viewer.open(f"https://localhost:{proxy.port}/cad/viewer").live()
    viewer.wait_parts("robot").wait_drawn()


def test_host_without_port(daemon, viewers, chromium):
    daemon.start("--allow-host", "cad.example")
    daemon.send(message("box-model"))
    rule = f"--host-resolver-rules=MAP cad.example:80 127.0.0.1:{daemon.port}"
    window = chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, rule])
    try:
        viewer = viewers(window)
        viewer.open("http://cad.example/viewer").live().wait_parts("Solid").wait_drawn()
        assert viewer.unexpected() == []
    finally:
        window.close()


def test_no_script_but_ours(daemon, viewer):
    """The page must work under the policy the server sets, and the server must set one."""
    daemon.start()
    response = viewer.page.goto(daemon.url)
    policy = response.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    viewer.live()
    config = json.loads(viewer.page.locator("#cadcast").text_content())
    assert all("://" not in url and not url.startswith("/") for url in config["urls"].values())


def test_try_now_keeps_the_focus_and_takes_a_long_press(daemon, viewer, proxies):
    """The line counts attempts, one a second; its button stays the same all the while."""
    daemon.start()
    proxy = proxies(daemon.port)
    viewer.expect_errors(*NOWHERE)
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer").live()
    proxy.prefix = "/nowhere"
    proxy.cut()
    notice = viewer.page.locator(".notice[data-key=connection]")
    button = notice.locator("button", has_text="Try now")
    notice.get_by_text(re.compile("attempt [2-9] of")).wait_for()
    attempt = int(re.search(r"attempt (\d+) of", notice.inner_text())[1])
    viewer.page.evaluate(
        """() => {
            window.read = [];
            const line = document.querySelector(".notice[data-key=connection]");
            new MutationObserver((changes) => window.read.push(...changes
                .filter(({ target }) => !(target.closest ?? (() => null)).call(target, "[aria-hidden=true]"))
                .map(({ type, target }) => `${type} ${target.className}`)))
                .observe(line.parentNode, { subtree: true, childList: true, characterData: true });
        }""")
    button.focus()
    box = button.bounding_box()
    viewer.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    viewer.page.mouse.down()
    viewer.page.wait_for_function(
        "(least) => Number(/attempt (\\d+) of/.exec(document.querySelector('.notice[data-key=connection]').textContent)[1])"
        " >= least", arg=attempt + 2)
    assert viewer.page.evaluate("document.activeElement.textContent") == "Try now"
    assert viewer.page.evaluate("window.read") == [], "it is read aloud again"
    proxy.prefix = ""
    viewer.page.evaluate("performance.clearResourceTimings()")
    viewer.page.mouse.up()
    viewer.live()


@pytest.mark.parametrize("given", [True, False])
def test_a_window_that_gave_up_goes_on_unless_the_limit_was_set(daemon, viewers, given):
    """A screen on the wall has no person who clicks. Time is the test's here, and so is the default
    limit, which would take minutes."""
    viewer = viewers(alone=True)
    daemon.start(*(["--max_reconnect_attempts", "1"] if given else []))
    viewer.expect_errors(*CUT)
    if not given:
        viewer.page.add_init_script(
            """const parse = JSON.parse;
            JSON.parse = (text) => {
                const value = parse(text);
                if (value?.max_reconnect_attempts === 300) {
                    value.max_reconnect_attempts = 1;
                }
                return value;
            };""")
    viewer.page.clock.install()
    viewer.open(daemon.url).live()
    daemon.stop()
    viewer.page.wait_for_selector("#bar-state.gone")
    viewer.page.locator(".notice[data-key=connection]", has_text="does not answer").wait_for()
    daemon.start()
    attempts = []
    viewer.page.on("websocket", lambda socket: attempts.append(socket.url))
    viewer.page.clock.run_for(31_000)
    if given:
        assert viewer.page.locator("#bar-state.gone").count() == 1 and attempts == []
    else:
        viewer.live()
        viewer.wait_until(lambda: attempts, "an attempt")
        expect(viewer.page.locator(".notice")).to_have_count(0)


def restart(daemon, viewer):
    """The server ends, with all that it held, and comes back at the same port."""
    daemon.stop()
    viewer.page.wait_for_selector("#bar-state.waiting")
    daemon.start()
    viewer.live()


def test_a_picture_outlives_a_server_that_kept_none(daemon, viewers):
    daemon.start()
    viewer = viewers()
    viewer.expect_errors(*CUT)
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    notice = viewer.page.locator(".notice[data-key=before]")
    for _ in range(2):
        restart(daemon, viewer)
        notice.get_by_text("from before").wait_for()
        viewer.wait_parts("robot")
    late = viewers().open(daemon.url).live()
    late.page.locator("#hint").wait_for()
    assert late.names() != viewer.names() and late.page.locator(".notice").count() == 0
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid")
    notice.wait_for(state="detached")


def test_a_clear_takes_the_picture_from_before_a_restart(daemon, viewer):
    daemon.start()
    viewer.expect_errors(*CUT)
    viewer.open(daemon.url).live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    restart(daemon, viewer)
    viewer.page.locator(".notice[data-key=before]").wait_for()
    daemon.send(message("clear"))
    viewer.wait_call("!viewer.ready")
    expect(viewer.page.locator(".notice")).to_have_count(0)


def test_a_clear_while_cut_off_empties_the_window(daemon, viewer, proxies):
    """The server is the same, so the session is empty because a kernel wanted it."""
    daemon.start()
    proxy = proxies(daemon.port)
    viewer.expect_errors(*NOWHERE)
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer").live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()
    proxy.prefix = "/nowhere"
    proxy.cut()
    viewer.page.wait_for_selector("#bar-state.waiting")
    daemon.send(message("clear"))
    proxy.prefix = ""
    viewer.live().wait_call("!viewer.ready")
    expect(viewer.page.locator(".notice")).to_have_count(0)
