# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Messages of a newer client in our page: what it does not know goes on to the renderer's page core."""
import json

from conftest import message
from daemon import wait_until
from playwright.sync_api import expect

CORE = "function handleMessage(message) {"


def spied(page):
    """The renderer's page core notes what is handed to it."""
    def serve(route):
        response = route.fetch()
        text = response.text()
        assert text.count(CORE) == 1
        route.fulfill(response=response, body=text.replace(CORE, f"{CORE} (window.passed ??= []).push(message);"))

    page.route("**/ocp-viewer-core/page.js", serve)


def passed(viewer):
    return viewer.page.evaluate("() => window.passed ?? []")


def test_what_the_page_does_not_know_reaches_the_core(daemon, viewer):
    daemon.start()
    spied(viewer.page)
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid")
    told = [{"type": "hologram", "data": [1, {"a": None}]}, {"no": "type"}, {"type": "constructor"}, {"type": 5},
            [1, 2], "text", 7, True, {"type": "toString", "config": {"a": 1}}]
    for each in told:
        daemon.send(b"D:" + json.dumps(each).encode())
    daemon.send(b"S:null")
    daemon.send(b'S:{"type":"last"}')
    viewer.page.wait_for_function("() => (window.passed ?? []).some((each) => each?.type === 'last')")
    unknown = [each for each in passed(viewer) if not (isinstance(each, dict) and each.get("type") in ("data", "last"))]
    assert unknown == told
    expect(viewer.page.locator(".notice")).to_have_count(0)
    viewer.wait_names("Group")


def test_what_is_no_json_is_said_once(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid")
    for text in ("D:", "D:hologram", "S:{", "S:theme=dark", "D:" + "[" * 100_000):
        daemon.send(text)
    viewer.page.locator('.notice[data-key="unreadable"]').wait_for()
    daemon.send(message("assembly-model"))
    viewer.page.wait_for_function("() => Object.keys(cadcast.viewer.getStates()).length > 5")
    notices = viewer.page.locator(".notice")
    expect(notices).to_have_count(1)
    expect(notices.first).to_contain_text("cannot read")
    wait_until(lambda: "a message is not JSON and is skipped" in daemon.log(), what="the log line")
    assert daemon.log().count("a message is not JSON and is skipped") == 1
    # Put away, it stays away.
    notices.first.locator(".close").click()
    expect(notices).to_have_count(0)
    daemon.send("D:hologram")
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid")
    assert notices.count() == 0


def test_a_newer_model_does_not_take_what_the_page_does_not_know(daemon, viewer):
    """While a model is fetched, the rest waits; the next model drops what it replaces, and no more."""
    daemon.start()
    spied(viewer.page)
    viewer.open(daemon.url).live()
    held = []

    def hold(route):
        held.append(route)

    viewer.page.route("**/models/*", hold)
    daemon.send(message("assembly-model"))
    viewer.page.wait_for_function("() => performance.getEntriesByName('notice').length > 0")
    daemon.send(b'D:{"type":"hologram","n":1}')
    daemon.send(b'S:{"type":"ui","config":{"axes":true}}')
    viewer.page.unroute("**/models/*")
    daemon.send(message("box-model"))
    viewer.wait_parts("Solid")
    kinds = [each["type"] for each in passed(viewer)]
    assert kinds == ["hologram", "data"], kinds
    for route in held:
        route.abort()
