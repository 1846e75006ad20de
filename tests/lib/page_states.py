# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The states in which a person meets the page, and what brings a window there. For the pictures of all of them
(tools/picture --states) and for what axe-core finds in each (tests/browser/test_states.py)."""
import json
from pathlib import Path

MESSAGES = Path(__file__).resolve().parents[1] / "data" / "messages"
TOKEN = "browsers-need-this-token"
OPTIONS = ("--token", TOKEN, "--trusted-proxy", "127.0.0.1", "--listen", "0=bracket", "--listen", "0=empty")
DISTANCE = """cadcast.viewer.handleBackendResponse({
    type: "backend_response", subtype: "tool_response", tool_type: "DistanceMeasurement",
    refpoint1: [0, 0, 0], refpoint2: [10, 10, 10],
    result: [{ distance: 17.3205, "⇒ X | Y | Z": [10, 10, 10], info: "min" }]
})"""


def earlier():
    """The model of `default` with other parts in it."""
    payload = json.loads((MESSAGES / "assembly-model.msg").read_bytes()[2:])
    parts = payload["data"]["shapes"]["parts"]
    parts[0]["color"] = "#123456"
    parts[2]["loc"] = [[0, 0, 5], [0, 0, 0, 1]]
    parts.pop()
    return "D:" + json.dumps(payload)


def prepare(daemon):
    """A daemon with OPTIONS gets what the states show."""
    daemon.send(earlier())
    daemon.send((MESSAGES / "assembly-model.msg").read_bytes())
    daemon.send((MESSAGES / "bracket-model.msg").read_bytes(), session="bracket")


def address(daemon, path):
    return f"http://127.0.0.1:{daemon.port}/{path}?token={TOKEN}"


def model(page, daemon, path="viewer"):
    page.goto(address(daemon, path))
    page.wait_for_selector("#bar-state.live")
    page.wait_for_function("() => performance.getEntriesByName('frame').length > 0")
    page.wait_for_selector("#overlay", state="attached")
    page.wait_for_selector("[role=treeitem]", state="attached")


def empty(page, daemon):
    page.goto(address(daemon, "s/empty/viewer"))
    page.wait_for_selector("#bar-state.live")
    page.wait_for_selector("#hint:not([hidden])")


def menu(page, daemon):
    model(page, daemon)
    page.locator("#bar-menu").click()
    page.wait_for_selector("#preferences select")


def history(page, daemon):
    menu(page, daemon)
    page.get_by_role("button", name="Earlier pictures").click()
    page.wait_for_function("() => document.querySelector('#history-list img')?.naturalWidth > 0")


def compare(page, daemon):
    menu(page, daemon)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_selector("#compare-from option:nth-child(2)", state="attached")
    page.locator("#compare-do").click()
    page.wait_for_function("() => document.title.startsWith('compare') && document.querySelector('#compare-list button')")


def messages(page, daemon):
    model(page, daemon)
    page.locator("#bar-bell").click()
    page.wait_for_selector("#messages:popover-open")


def facts(page, daemon):
    model(page, daemon)
    page.evaluate("cadcast.viewer.handlePick('/robot', 'base', false, false, false, null)")
    page.keyboard.press("/")
    page.locator("#model-frame").check()
    page.locator("#model-material").select_option("7.85")
    page.locator("#model-part-facts dd", has_text="g").first.wait_for()


def search(page, daemon):
    model(page, daemon)
    page.keyboard.press("/")
    page.locator("#model-find").fill("leg")
    page.locator("#model-find").scroll_into_view_if_needed()
    page.wait_for_selector("#model-found li")


def measurements(page, daemon):
    model(page, daemon)
    page.evaluate(DISTANCE)
    page.keyboard.press("/")
    page.locator("#model-measured li").first.wait_for()
    page.locator("#model-forget").scroll_into_view_if_needed()


def part(page, daemon):
    """The menu of a part."""
    model(page, daemon)
    page.evaluate("""document.querySelector('[role=treeitem]').dispatchEvent(
        new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))""")
    page.wait_for_selector("#part:popover-open")


def keys(page, daemon):
    model(page, daemon)
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")


def sessions(page, daemon):
    page.goto(address(daemon, "sessions"))
    page.locator("li.session").nth(1).wait_for()


def token(page, daemon):
    """As a proxy says that the browser is another machine's."""
    page.set_extra_http_headers({"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": f"127.0.0.1:{daemon.port}"})
    page.goto(address(daemon, "viewer").split("?", maxsplit=1)[0])
    page.wait_for_selector("input")


def offline(page, daemon):
    """The daemon ends, and is to be started anew."""
    model(page, daemon)
    daemon.stop()
    page.wait_for_selector("#bar-state.waiting, #bar-state.gone")
    page.wait_for_selector(".notice")


def error(page, daemon):
    """A script has failed, and the list of messages is open beside what the page says of it; of the session, so
    this one is the last."""
    model(page, daemon)
    why = "ValueError: Failed creating a fillet with radius of 9, try a smaller value\nmodel.py, line 14: plate = rounded(9)"
    body = {"session": "default", "command": "model.py", "state": "ended", "exit": 1, "seconds": 1.5, "why": why}
    answer = page.request.post(address(daemon, "sessions/run"), data=body)
    assert answer.ok, answer.text()
    page.wait_for_selector(".notice[data-key=refused]")
    page.locator("#bar-bell").click()
    page.wait_for_selector("#messages-list li")


STATES = {each.__name__: each for each in (
    model, empty, menu, history, compare, messages, facts, search, measurements, part, keys, sessions, token, offline, error)}
