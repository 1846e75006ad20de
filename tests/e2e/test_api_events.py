# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Programs that follow a session, and their screenshots: /api/v1 (docs/api.md)."""
import base64
import io
import json
import os
import threading

import pytest
from conftest import MESSAGES, recorded
from daemon import wait_until
from peers import Browser
from PIL import Image
from wire import Wire, get

OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})
EVENTS = "/api/v1/sessions/default/events"
SHOT = "/api/v1/sessions/default/screenshot"


class Follower:
    """A client of Server-Sent Events."""

    def __init__(self, daemon, *lines, path=EVENTS):
        self.wire = Wire(daemon.port)
        self.wire.request("GET", path, *lines)
        self.head = self.wire.read_until(b"\r\n\r\n").decode("latin-1")
        self.last = None

    def next(self):
        """The next event, (kind, data); comments are passed over."""
        fields = {}
        while "data" not in fields:
            block = self.wire.read_until(b"\n\n").decode()
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        self.last = fields["id"]
        return fields["event"], json.loads(fields["data"])

    def until(self, kind):
        while (event := self.next())[0] != kind:
            pass
        return event[1]


def test_a_program_follows_a_session(daemon):
    follower = Follower(daemon)
    assert follower.head.startswith("HTTP/1.1 200 OK") and "text/event-stream" in follower.head
    assert "access-control" not in follower.head.lower() and "nosniff" in follower.head
    assert follower.next()[0] == "cleared"
    daemon.send(recorded("box-model"), "other")
    daemon.send(recorded("box-model"))
    kind, data = follower.next()
    assert kind == "shown" and data["session"] == "default" and data["number"] == 1
    with Browser(daemon.port, hello=OURS) as page:
        assert follower.until("browsers") == {"browsers": 1}
        page.say("status", {"position": [1, 2, 3], "selected": ["/Group/Solid"]})
        page.settle()
        assert follower.until("view")["position"] == [1, 2, 3]
        assert follower.until("selection")["selected"] == ["/Group/Solid"]
        if json.loads(get(daemon.port, "/status").body)["measuring"]:
            daemon.send(recorded("box-backend"))
            page.say("status", {"activeTool": "PropertiesMeasurement", "selectedShapeIDs": ["/Group/Solid", False]})
            assert follower.until("measured")["tool_type"] == "PropertiesMeasurement"
            get(daemon.port, "/api/v1/sessions/default/measure?id=/Group/Solid/faces/faces_0")
            assert "result" in follower.until("measured")
    assert follower.until("browsers") == {"browsers": 0}
    daemon.send('D:{"type":"clear"}')
    assert follower.until("cleared")["number"] == 2
    follower.wire.close()


def test_a_follower_gets_what_it_missed(daemon):
    follower = Follower(daemon)
    follower.next()
    daemon.send(recorded("box-model"))
    assert follower.next()[0] == "shown"
    follower.wire.close()
    daemon.send('D:{"type":"clear"}')
    daemon.send(recorded("box-model"))
    again = Follower(daemon, f"Last-Event-ID: {follower.last}")
    assert [again.next()[0], again.next()[0]] == ["cleared", "shown"]
    # One of another server knows nothing: it is told how things stand.
    for strange in ("0-1", "x", f"{follower.last}9", ""):
        assert Follower(daemon, f"Last-Event-ID: {strange}").next()[0] == "shown"


@pytest.mark.skipif("CADCAST_LONG" not in os.environ, reason="root alone has two minutes: set CADCAST_LONG")
def test_a_follower_that_reads_nothing_is_closed_and_no_other_waits(daemon):
    slow, quick = Follower(daemon), Follower(daemon)
    quick.next()
    states = {f"/Group/{i}": [1, 1] for i in range(3000)}
    with Browser(daemon.port, hello=OURS) as page:
        daemon.send(recorded("box-model"))
        for number in range(400):
            page.say("status", {"position": [number, 0, 0], "selected": list(states)[:1000]})
            page.settle()
            if daemon.lines("receives events too slowly"):
                break
            quick.until("selection")
        else:
            assert daemon.lines("receives events too slowly")
    slow.wire.close()


def test_followers_are_counted_and_end_with_the_server(daemon):
    followers = [Follower(daemon) for _ in range(64)]
    assert "503" in Follower(daemon).head
    followers.pop().wire.close()
    wait_until(lambda: "200 OK" in Follower(daemon).head)
    head = get(daemon.port, EVENTS, method="HEAD")
    assert head.status == 200 and head.body == b""
    assert get(daemon.port, EVENTS.replace("default", "nowhere")).status == 404
    assert daemon.stop() == 0
    followers[0].wire.read_end()


def test_a_heartbeat_keeps_the_connection(start):
    daemon = start("--ping-interval", "1")
    follower = Follower(daemon)
    follower.next()
    assert follower.wire.read_until(b"\n\n") == b":"


def post(daemon, path=SHOT):
    with Wire(daemon.port) as wire:
        wire.request("POST", path, "Connection: close", "Content-Length: 0")
        return wire.read_response()


def test_a_screenshot_is_that_of_the_browser(daemon):
    assert post(daemon).status == 404
    daemon.send(recorded("box-model"))
    picture = get(daemon.port, "/image.png?width=40&height=30").body
    answers = []
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        asking = threading.Thread(target=lambda: answers.append(post(daemon)))
        asking.start()
        while (message := json.loads(page.next()))["type"] != "screenshot":
            pass
        data = "data:image/png;base64," + base64.b64encode(picture).decode()
        page.say("screenshot", {"filename": message["filename"], "data": data})
        asking.join()
        assert answers[0].status == 200 and answers[0].body == picture
        # A browser that cannot draw says why.
        asking = threading.Thread(target=lambda: answers.append(post(daemon)))
        asking.start()
        while (message := json.loads(page.next()))["type"] != "screenshot":
            pass
        page.say("screenshot_failed", {"filename": message["filename"], "reason": "no graphics here"})
        asking.join()
        assert answers[1].status == 504 and b"no graphics here" in answers[1].body
    assert not list((MESSAGES.parent).glob("**/*cadcast-api*"))


def test_a_screenshot_comes_without_a_browser_too(daemon):
    daemon.send(recorded("box-model"))
    answer = post(daemon)
    assert answer.status == 200 and Image.open(io.BytesIO(answer.body)).size == (800, 600)


def test_a_screenshot_that_waits_ends_with_the_server(daemon):
    daemon.send(recorded("box-model"))
    with Browser(daemon.port, hello=OURS) as page, Wire(daemon.port) as wire:
        page.settle()
        wire.request("POST", SHOT, "Content-Length: 0")
        wait_until(lambda: '"screenshot"' in page.next())
        assert daemon.stop() == 0
