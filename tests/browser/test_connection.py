# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Reloads, lost connections, and every way a browser may reach the page."""
import json
import re
import signal

import pytest
from conftest import CHROMIUM, FLAGS, Viewer, message

CUT = ("WebSocket connection to", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE")
LOOK = (
    "viewer.setCameraPosition([80, -120, 60]); viewer.setCameraZoom(1.75);"
    "viewer.setStates({'/robot/base': [0, 1], '/robot/leg3': [0, 0]}); viewer.setActiveTab('clip');"
    "await new Promise((resolve) => setTimeout(resolve, 300));"
)


def tree(viewer):
    return viewer.call("return viewer.getStates()")


def look_around(viewer):
    """Move the camera, hide parts, change the tab; returns what has to come back."""
    viewer.call(LOOK)
    return viewer.camera(), tree(viewer)


def assert_same_look(viewer, camera, states):
    assert viewer.camera() == pytest.approx(camera, rel=1e-4, abs=1e-4)
    assert tree(viewer) == states
    assert viewer.call("return viewer.state.get('activeTab')") == "clip"


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
    assert second.camera() == pytest.approx(fresh, rel=1e-4, abs=1e-4)


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
    assert viewer.page.locator(".notice").count() == 0
    assert_same_look(viewer, *before)


def test_model_shown_while_cut_off(daemon, viewer, proxies):
    daemon.start()
    proxy = proxies(daemon.port)
    viewer.expect_errors(*CUT)
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer").live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    proxy.prefix = "/nowhere"
    proxy.cut()
    viewer.page.wait_for_selector("#bar-state.waiting")
    assert "trying again" in viewer.page.locator(".notice[data-key=connection]").inner_text()
    daemon.send(message("assembly-model"))
    proxy.prefix = ""
    viewer.live().wait_parts("robot").wait_drawn()


def test_restarted_server(daemon, viewer):
    daemon.start()
    viewer.expect_errors(*CUT)
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid").wait_drawn()
    port = daemon.port
    daemon.stop(signal.SIGKILL)
    viewer.page.wait_for_selector("#bar-state.waiting")
    daemon.start(port=port)
    viewer.live()
    daemon.send(message("assembly-model"))
    viewer.wait_parts("robot").wait_drawn()


def give_up(daemon, viewer, attempts):
    """A page whose server has gone and that tries no more; the port where it looked."""
    daemon.start("--max_reconnect_attempts", str(attempts))
    viewer.expect_errors(*CUT)
    viewer.open(daemon.url).live()
    port = daemon.port
    daemon.stop()
    viewer.page.wait_for_selector("#bar-state.gone")
    return port


def test_gives_up_and_says_what_to_do(daemon, viewer):
    port = give_up(daemon, viewer, 2)
    notice = viewer.page.locator(".notice[data-key=connection]")
    assert re.search("does not answer.*Start it again", notice.inner_text())
    daemon.start(port=port)
    notice.locator("button", has_text="Connect").click()
    viewer.live()
    assert notice.count() == 0


def test_tries_again_when_somebody_comes_back(daemon, viewer):
    """A page that gave up in the night does not wait for a click in the morning."""
    port = give_up(daemon, viewer, 1)
    daemon.start(port=port)
    viewer.page.evaluate("window.dispatchEvent(new Event('online'))")
    viewer.live()
    assert viewer.page.locator(".notice").count() == 0


def test_says_what_stands_in_the_way(daemon, viewer, proxies):
    """The page is reached and its WebSocket is not: starting cadcast again would not help."""
    daemon.start("--max_reconnect_attempts", "0")
    proxy = proxies(daemon.port)
    viewer.expect_errors("WebSocket connection to", "403", "404")
    viewer.page.route_web_socket("**/*", lambda socket: socket.close())
    viewer.open(f"http://127.0.0.1:{proxy.port}/viewer")
    notice = viewer.page.locator(".notice[data-key=connection]")
    assert "proxy" in notice.inner_text()
    viewer.page.route("**/viewer", lambda route: route.fulfill(status=403))
    notice.locator("button", has_text="Connect").click()
    notice.get_by_text("does not let this page in").wait_for()


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
    second.call("viewer.setCameraZoom(1.5); viewer.setActiveTab('material');"
                "await new Promise((resolve) => setTimeout(resolve, 300));")
    seen = second.camera()
    for window, expected in ((viewer, name), (second, other)):
        window.page.reload()
        window.live().wait_parts("robot").wait_drawn()
        assert window.page.evaluate(own) == expected, "a reload is the same window"
    assert_same_look(viewer, *before)
    assert second.camera() == pytest.approx(seen, rel=1e-4, abs=1e-4)
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
    viewer = viewers(ignore_https_errors=True)
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
