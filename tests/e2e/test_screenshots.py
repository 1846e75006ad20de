# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What becomes of a request for a screenshot: it keeps its picture, or the log says why it does not come."""
import json

from conftest import recorded
from daemon import wait_until
from peers import Browser, Kernel
from test_relay import PIXEL
from wire import get

OURS = '{"viewer":"cadcast","formats":["binary"]}'


def ask(daemon, path):
    Kernel(daemon.port).send("C:" + json.dumps({"type": "screenshot", "filename": str(path)}))


def answer(viewer, path):
    viewer.say("screenshot", {"filename": str(path), "data": f"data:image/png;base64,{PIXEL}"})


def of_type(viewer, kind):
    while (message := json.loads(viewer.next())).get("type") != kind:
        pass
    return message


def about(daemon, path):
    """The lines of the log about that file, as said once."""
    return daemon.lines(path.name)


def test_without_a_browser_the_log_says_so_at_once(daemon, tmp_path):
    path = tmp_path / "a.png"
    ask(daemon, path)
    wait_until(lambda: about(daemon, path))
    assert "no browser is open" in about(daemon, path)[0] and "waiting 10 s" in about(daemon, path)[0]
    with Browser(daemon.port) as late:
        assert of_type(late, "screenshot")["filename"] == str(path)
        answer(late, path)
        wait_until(path.exists)


def test_a_browser_that_may_only_look_answers_what_it_was_asked(start, tmp_path):
    daemon = start("--read-only")
    path, other = tmp_path / "a.png", tmp_path / "b.png"
    own = f"http://127.0.0.1:{daemon.port}"
    with Browser(daemon.port, origin=own) as looks:
        looks.settle()
        ask(daemon, path)
        of_type(looks, "screenshot")
        answer(looks, other)
        answer(looks, path)
        wait_until(path.exists)
        assert not other.exists()
        # Of what another one is asked it sends nothing.
        with Browser(daemon.port) as may:
            may.settle()
            ask(daemon, other)
            of_type(may, "screenshot")
            answer(looks, other)
            looks.settle()
            assert not other.exists()
            answer(may, other)
            wait_until(other.exists)
    assert len(daemon.lines("may only view")) == 2


def test_the_file_of_a_replaced_model_is_there_until_its_screenshot_is(start, tmp_path):
    daemon = start("--history", 0)
    path = tmp_path / "a.png"
    with Browser(daemon.port, hello=OURS) as page:
        Kernel(daemon.port).send(recorded("bracket-model"))
        first = of_type(page, "model")
        whole = get(daemon.port, "/" + first["url"]).body
        ask(daemon, path)
        of_type(page, "screenshot")
        Kernel(daemon.port).send(recorded("box-model"))
        of_type(page, "model")
        response = get(daemon.port, "/" + first["url"])
        assert response.status == 200 and response.body == whole
        assert len(whole) == first["bytes"]
        ranged = get(daemon.port, "/" + first["url"], Range="bytes=0-7")
        assert ranged.status == 206 and ranged.body == b"CADCAST1"
        answer(page, path)
        wait_until(path.exists)
        assert get(daemon.port, "/" + first["url"]).status == 204


def test_a_show_and_its_screenshot_stay_together_in_a_storm(daemon, tmp_path):
    """Text browsers and our page: whatever comes between, a request follows its own model."""
    names = ["box-model", "bracket-model", "assembly-model", "zoo-model"] * 5
    with Browser(daemon.port) as text:
        text.settle()
        for number, name in enumerate(names):
            Kernel(daemon.port).send(recorded(name))
            ask(daemon, tmp_path / f"{number}.png")
        seen = [text.next() for _ in range(2 * len(names))]
        for number, name in enumerate(names):
            assert seen[2 * number] == recorded(name)[2:].decode()
            assert json.loads(seen[2 * number + 1])["filename"].endswith(f"/{number}.png")
            answer(text, tmp_path / f"{number}.png")
        wait_until(lambda: len(list(tmp_path.glob("*.png"))) == len(names))
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        for number, name in enumerate(names):
            Kernel(daemon.port).send(recorded(name))
            ask(daemon, tmp_path / f"page-{number}.png")
        shown, number = None, 0
        while number < len(names):
            message = json.loads(page.next())
            if message.get("type") == "model":
                response = get(daemon.port, "/" + message["url"])
                shown = len(response.body) if response.status == 200 else None
            elif message.get("type") == "data":
                shown = "text"
                assert message == json.loads(recorded(names[number])[2:])
            elif message.get("type") == "screenshot":
                assert message["filename"].endswith(f"/page-{number}.png")
                assert shown is not None, "its model could not be fetched"
                answer(page, message["filename"])
                shown, number = None, number + 1
        wait_until(lambda: len(list(tmp_path.glob("page-*.png"))) == len(names))


def test_a_window_that_cannot_draw_says_so_and_the_next_is_asked(daemon, tmp_path):
    path = tmp_path / "a.png"
    with Browser(daemon.port) as first, Browser(daemon.port) as second:
        first.settle()
        second.settle()
        second.say("status", {"zoom": 1})
        second.settle()
        ask(daemon, path)
        of_type(second, "screenshot")
        second.say("screenshot_failed", {"filename": str(path), "reason": "no WebGL"})
        of_type(first, "screenshot")
        first.say("screenshot_failed", {"filename": str(path), "reason": "out of paint"})
        first.settle()
        warnings = [line for line in about(daemon, path) if "warning" in line]
        assert len(warnings) == 1 and "no window can draw it: out of paint" in warnings[0]
        for text in ({}, {"filename": str(path)}, {"filename": str(path), "reason": "again"}):
            first.say("screenshot_failed", text)
        first.settle()
        assert len(daemon.lines("U message dropped")) == 3
    assert not path.exists()
