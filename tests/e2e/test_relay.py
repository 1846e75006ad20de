# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What one connection says reaches those it is meant for, unchanged and in order."""
import base64
import json
import os
import threading

import pytest
from conftest import recorded
from daemon import wait_until
from peers import Browser, Kernel
from wire import BINARY, Wire, get

MODELS = ["box-model", "bracket-model", "assembly-model", "zoo-model", "legacy-3.4-model"]
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def screenshot(browser, filename, data=None):
    browser.say("screenshot", {"filename": str(filename), "data": data or f"data:image/png;base64,{PIXEL}"})


def test_relays_every_recorded_message(kernel, browser):
    viewer = browser()
    for name in MODELS + ["assembly-animation", "ui", "legacy-3.4-ui", "clear"]:
        message = recorded(name)
        kernel.send(message)
        assert viewer.next() == message[2:].decode(), name


def test_text_from_a_kernel_is_relayed_too(daemon, browser):
    viewer = browser()
    with Wire(daemon.port) as wire:
        wire.upgrade().send_frame(1, recorded("ui"))
        assert viewer.next() == recorded("ui")[2:].decode()


def test_keeps_the_order_of_a_connection(daemon, browser):
    viewer = browser()
    with Wire(daemon.port) as wire:
        wire.upgrade()
        for i in range(500):
            wire.send_frame(BINARY, b'S:{"type":"ui","config":{"ticks":%d}}' % i)
    for i in range(500):
        assert json.loads(viewer.next())["config"]["ticks"] == i


def test_every_browser_gets_every_model(kernel, browser):
    viewers = [browser() for _ in range(10)]
    kernel.send(recorded("bracket-model"))
    for viewer in viewers:
        assert viewer.next() == recorded("bracket-model")[2:].decode()


def test_a_late_browser_gets_the_picture_as_it_stands(kernel, browser):
    for name in ("box-model", "assembly-model", "ui", "assembly-animation"):
        kernel.send(recorded(name))
    kernel.send('C:{"type":"set_relative_time","value":0.5}')
    # `browser` asks for the status right after L: the replay comes before the answer.
    late = browser()
    seen = [json.loads(late.next()) for _ in range(4)]
    assert [message["type"] for message in seen] == ["data", "ui", "animation", "set_relative_time"]
    assert len(seen[0]["data"]["shapes"]["parts"]) == 8


def test_clear_empties_the_picture(daemon, kernel, browser):
    kernel.send(recorded("box-model"))
    kernel.send(recorded("clear"))
    late = browser()
    while not late.messages.empty():
        assert '"type":"data"' not in late.next()
    assert daemon.health()["model"] is False


def test_a_replaced_model_is_no_error(start):
    """A page that asks for what was replaced a moment ago is told of the newer one anyway."""
    daemon = start("--history", 0)
    kernel, page = Kernel(daemon.port), Browser(daemon.port, hello='{"viewer":"cadcast","formats":["binary"]}')
    urls = []
    for name in ("box-model", "assembly-model"):
        kernel.send(recorded(name))
        while (message := json.loads(page.next())).get("type") != "model":
            pass
        urls.append("/" + message["url"])
    with Wire(daemon.port) as wire:
        for url, status in ((urls[0], 204), (urls[1], 200)):
            wire.request("GET", url)
            response = wire.read_response()
            assert response.status == status, url
            assert ("content-length" in response.headers) == (status == 200)
    kernel.send(recorded("clear"))
    page.settle()
    assert get(daemon.port, urls[1]).status == 404


def test_a_show_of_nothing_leaves_the_picture_in_every_window(daemon, kernel, browser):
    """`show("text")`: a text browser gets what was sent, and draws nothing of it; our page says so;
    those that come later see the same."""
    ours = '{"viewer":"cadcast","formats":["binary"]}'
    box, nothing = recorded("box-model"), recorded("nothing-model")
    text, page = browser(), browser(hello=ours)
    kernel.send(box)
    kernel.ask(recorded("box-backend"))
    wait_until(lambda: get(daemon.port, "/picture.png").status == 200, what="the small picture, which counts too")
    before = daemon.health()["bytes"]
    kernel.send(nothing)
    assert kernel.ask(recorded("nothing-backend")) == kernel.ask(recorded("nothing-backend"))
    assert [text.next(), text.next()] == [box[2:].decode(), nothing[2:].decode()]
    notices = [settled_notice(page), settled_notice(browser(hello=ours))]
    assert notices == ["The last show held nothing to draw: the picture is the one before it."] * 2
    late = browser()
    assert late.next() == box[2:].decode() and late.messages.empty()
    assert daemon.health()["bytes"] == before
    kernel.send(box)
    assert settled_notice(page) == ""
    assert settled_notice(browser(hello=ours)) is None


def settled_notice(page):
    """The text of the last notice about the session that the page has been sent."""
    page.settle()
    text = None
    while not page.messages.empty():
        message = json.loads(page.next())
        if message.get("key") == "refused":
            text = message["text"]
    return text


def test_splash_until_the_first_model(kernel):
    assert kernel.config()["_splash"] is True
    kernel.send(recorded("ui"))
    assert kernel.config()["_splash"] is True
    kernel.send(recorded("box-model"))
    assert kernel.config()["_splash"] is False


def test_status_is_merged_key_by_key(kernel, browser):
    assert kernel.status() == {}
    viewer = browser()
    viewer.say("status", {"zoom": 1, "position": [0, 0, 1]})
    viewer.say("status", {"zoom": 2, "states": {"/a": [1, 0]}})
    wait_until(lambda: kernel.status() == {"zoom": 2, "position": [0, 0, 1], "states": {"/a": [1, 0]}})


def test_numbers_of_any_size_are_reported(daemon, kernel, browser):
    """JavaScript writes a large number without an exponent, and nothing else of the report is lost."""
    viewer = browser()
    viewer.send('U:{"command":"status","text":{"zoom":1,"position":[123456789012345680000,-1e400,18446744073709551616],'
                '"target":[9007199254740993,1.5,0]}}')
    viewer.settle()
    position = [123456789012345680000.0, -1.7976931348623157e308, 18446744073709551616.0]
    assert kernel.status() == {"zoom": 1, "position": position, "target": [9007199254740993, 1.5, 0]}
    kernel.send(recorded("box-model"))
    kernel.send('S:{"type":"ui","config":{"zoom":123456789012345680000,"ticks":7}}')
    late = browser()
    late.next()
    assert json.loads(late.next())["config"] == {"zoom": 123456789012345680000.0, "ticks": 7}
    assert not daemon.lines("warning: ")


def test_kernels_get_their_own_answers(daemon):
    """Ten at once, each with a hundred questions."""

    def ask(number):
        try:
            with Wire(daemon.port) as wire:
                wire.upgrade()
                for i in range(100):
                    wire.send_frame(BINARY, b'C:"config"' if (i + number) % 2 else b'C:"status"')
                for i in range(100):
                    answer = json.loads(wire.read_message())
                    assert ("theme" in answer) == bool((i + number) % 2)
        except Exception as error:  # pylint: disable=broad-except
            failed.append(error)

    failed = []
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_screenshots_are_written_whole(kernel, browser, tmp_path):
    viewer = browser()
    path = tmp_path / "a picture ä.png"
    kernel.send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))
    assert json.loads(viewer.next()) == {"type": "screenshot", "filename": str(path)}
    screenshot(viewer, path)
    wait_until(path.exists)
    assert path.read_bytes() == base64.b64decode(PIXEL)
    assert os.listdir(tmp_path / "..") and [p.name for p in tmp_path.glob("*.png*")] == [path.name]


def test_screenshots_that_were_not_asked_for_are_refused(daemon, kernel, browser, tmp_path):
    viewer = browser()
    asked, other = tmp_path / "asked.png", tmp_path / "other.png"
    kernel.send("C:" + json.dumps({"type": "screenshot", "filename": str(asked)}))
    viewer.next()
    screenshot(viewer, other)
    screenshot(viewer, asked)
    wait_until(asked.exists)
    asked.unlink()
    # Served once; it takes a new request to be written again.
    screenshot(viewer, asked)
    viewer.settle()
    wait_until(lambda: len(daemon.lines("screenshot")) >= 2)
    assert not asked.exists() and not other.exists()


@pytest.mark.parametrize(
    "data",
    [
        "data:image/png;base64,!!!!",
        "data:image/png;base64,",
        "data:image/png;base64," + base64.b64encode(b"GIF89a" * 10).decode(),
        PIXEL,
        "",
    ],
    ids=["not base64", "empty", "not a PNG", "no data URL", "nothing"],
)
def test_screenshots_that_are_none_are_refused(daemon, kernel, browser, tmp_path, data):
    viewer = browser()
    path = tmp_path / "shot.png"
    kernel.send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))
    viewer.next()
    screenshot(viewer, path, data or "x")
    wait_until(lambda: daemon.lines("screenshot"))
    assert list(tmp_path.glob("*.png*")) == []
    assert kernel.status() == {}


def test_a_screenshot_waits_for_a_browser(daemon, kernel, tmp_path):
    path = tmp_path / "shot.png"
    kernel.send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))
    with Browser(daemon.port) as late:
        assert json.loads(late.next())["filename"] == str(path)
        screenshot(late, path)
        wait_until(path.exists)


def test_backend_models_are_acknowledged(kernel):
    answer = kernel.ask('B:{"model":{"parts":[]}}')
    assert answer["ok"] in (True, False)


def test_an_external_backend_serves(start):
    daemon = start("--backend", "external")
    kernel = Kernel(daemon.port)
    assert kernel.ask('B:{"model":{"parts":[]}}') == {"ok": False}
    with Wire(daemon.port) as backend, Browser(daemon.port) as viewer:
        backend.upgrade().send_frame(1, b"L:Python listener")
        backend.send_frame(1, b'C:"status"')
        # The model that came before it may be handed to it.
        while json.loads(backend.read_message()).get("command") != "status":
            pass
        viewer.settle()
        model = '{"model":{"parts":[{"id":"/a","shape":1}]}}'
        assert kernel.ask("B:" + model) == {"ok": True}
        wait_until(lambda: backend.read_message().decode() == model, what="the model")
        viewer.say("status", {"activeTool": "PropertiesMeasurement", "selectedShapeIDs": ["/a", False]})
        asked = wait_until(lambda: json.loads(backend.read_message())["text"], what="the question")
        assert asked["activeTool"] == "PropertiesMeasurement"
        assert asked["selectedShapeIDs"] == ["/a", False]
        Kernel(daemon.port).send('R:{"type":"backend_response","subtype":"x","n":1}')
        assert json.loads(viewer.next()) == {"type": "backend_response", "subtype": "x", "n": 1}


def test_a_large_model_arrives_whole(daemon, browser):
    """50 MB, to three browsers, while small questions are answered."""
    viewers = [browser() for _ in range(3)]
    model = b'D:{"type":"data","data":{"instances":[],"shapes":{}},"config":{},"x":"' + os.urandom(
        12_500_000).hex().encode() * 2 + b'"}'
    Kernel(daemon.port).send(model)
    text = model[2:].decode()
    for viewer in viewers:
        assert viewer.next(30) == text
