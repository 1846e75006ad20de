# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A kernel whose message is refused is told why, and so are the log and the pages of its session."""
import json
import re
import resource
from pathlib import Path

import pytest
from bulk import PATTERN
from conftest import ROOT, recorded
from daemon import wait_until
from peers import Browser, Kernel
from slow import PATIENCE, SLOW
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from wire import BINARY, Wire, frame, get

OURS = '{"viewer":"cadcast","id":"w1","formats":["binary"]}'
PARTS = (ROOT / "tests/data/measure/box-backend.msg").read_bytes()
OTHER_PARTS = (ROOT / "tests/data/measure/bracket-backend.msg").read_bytes()
SOLID = json.loads(PARTS[2:])["model"]["parts"][0]["id"]


def large(size, kind=b"D"):
    head = kind + b':{"type":"data","data":{"x":"'
    return head + (PATTERN * (size // len(PATTERN) + 1))[: size - len(head) - 3] + b'"}}'


def refused(port, message, path="/"):
    """The code and the reason of the goodbye that a kernel gets for this message."""
    with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, compression=None, open_timeout=PATIENCE * SLOW) as socket:
        with pytest.raises(ConnectionClosed):
            socket.send(message)
            socket.recv(timeout=PATIENCE * SLOW)
        assert socket.close_reason is not None and len(socket.close_reason.encode()) <= 123
        return socket.close_code, socket.close_reason


def messages(page, kind):
    """What comes up to and including the first message of that type."""
    found = []
    while not found or found[-1].get("type") != kind:
        found.append(json.loads(page.next()))
    return found


def notice(page):
    return messages(page, "notice")[-1]


def properties(page):
    page.say("status", {"activeTool": "PropertiesMeasurement", "selectedShapeIDs": [SOLID, False]})
    return messages(page, "backend_response")[-1]


@pytest.mark.parametrize("option", ["max-message", "max-memory"])
@pytest.mark.parametrize("path, session", [("/", "default"), ("/s/left/", "left")])
def test_a_model_over_a_limit(start, option, path, session):
    daemon = start(f"--{option}", "1M")
    words = f"a model of 4.2 MB was refused: --{option} is 1M"
    with Browser(daemon.port, path, hello=OURS) as page, Browser(daemon.port, path) as plain, \
            Browser(daemon.port, "/s/elsewhere/", hello=OURS) as elsewhere:
        for browser in (page, plain, elsewhere):
            browser.settle()
        assert refused(daemon.port, large(4_200_000), path) == (1009, words)
        said = notice(page)
        assert (said["text"], said["level"]) == (words, "warning")
        assert plain.quiet()
        elsewhere.settle()
        assert not any("notice" in text for text in elsewhere.messages.queue)
        (line,) = daemon.lines("was refused")
        assert f"session {session}: {words} (4200000 bytes from 127.0.0.1:" in line
        assert not daemon.lines("WebSocket closed")
        # Who comes later hears it too; the next model takes it back.
        with Browser(daemon.port, path, hello=OURS) as late:
            assert notice(late)["text"] == words
            Kernel(daemon.port, path).send(recorded("box-model"))
            for browser in (page, late):
                assert notice(browser) == {**said, "text": ""}
        with Browser(daemon.port, path, hello=OURS) as latest:
            assert not any(each["type"] == "notice" for each in messages(latest, "model"))


def test_a_model_in_frames_is_longer_than_what_came(start):
    daemon = start("--max-message", "1M")
    with Browser(daemon.port, hello=OURS) as page, Wire(daemon.port) as wire:
        page.settle()
        wire.upgrade()
        wire.send(frame(BINARY, large(900_000), fin=False))
        wire.send(frame(0, b"x" * 200_000, fin=False))
        assert notice(page)["text"] == "a model of more than 1.1 MB was refused: --max-message is 1M"
        assert wire.read_close() == 1009


def test_a_model_for_which_other_messages_leave_no_room(start):
    daemon = start("--max-memory", "8M")
    with Browser(daemon.port, hello=OURS) as page, Wire(daemon.port) as wire:
        page.settle()
        wire.upgrade()
        wire.send(frame(BINARY, large(5_000_000, b"C"), size=6_000_000))
        wait_until(lambda: "in_flight_bytes 5000000" in metrics(daemon), what="the first message")
        assert refused(daemon.port, large(6_000_000))[0] == 1009
        assert notice(page)["text"] == "a model of 6.0 MB was refused: --max-memory is 8M"


def metrics(daemon):
    return get(daemon.port, "/metrics").body.decode()


@pytest.mark.bare("the address space is limited, of which valgrind, as the sanitizers, needs more")
def test_a_model_for_which_the_system_has_no_memory(start):
    daemon = start()
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        pages = int(Path(f"/proc/{daemon.pid}/statm").read_text(encoding="ascii").split()[0])
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, (pages * 4096 + (20 << 20), resource.RLIM_INFINITY))
        words = "a model of 60.0 MB was refused: Cannot allocate memory"
        assert refused(daemon.port, large(60_000_000)) == (1009, words)
        assert notice(page)["text"] == words


def test_a_model_that_is_no_text(start):
    daemon = start()
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        message = large(100_000)
        message = message[:50_000] + b"\xff" + message[50_001:]
        assert refused(daemon.port, message) == (1007, "a model of 100 kB was refused: it is not UTF-8")
        assert "it is not UTF-8" in notice(page)["text"]


def test_exact_geometry_of_a_refused_model_is_not_that_of_the_picture(start):
    """The old picture stays on screen, and is what is measured."""
    daemon = start("--max-message", "1M")
    kernel = Kernel(daemon.port)
    kernel.send(recorded("box-model"))
    assert kernel.ask(PARTS) == {"ok": True}
    with Browser(daemon.port, hello=OURS) as page:
        before = properties(page)
        assert before.get("error") is None and before["result"]
        refused(daemon.port, large(2_000_000))
        assert kernel.ask(OTHER_PARTS) == {"ok": False}
        assert re.search("session default: exact geometry .* its model was refused", daemon.log())
        assert properties(page) == before
        # The next model has its own again.
        kernel.send(recorded("bracket-model"))
        assert kernel.ask(OTHER_PARTS) == {"ok": True}
        assert properties(page) != before


def test_without_its_exact_geometry_a_model_is_not_measured_by_an_older_one(start):
    daemon = start("--max-message", "1M")
    kernel = Kernel(daemon.port)
    kernel.send(recorded("box-model"))
    assert kernel.ask(PARTS) == {"ok": True}
    with Browser(daemon.port, hello=OURS) as page:
        assert properties(page).get("error") is None
        kernel.send(recorded("bracket-model"))
        words = "exact geometry of 2.0 MB was refused: --max-message is 1M"
        assert refused(daemon.port, large(2_000_000, b"B")) == (1009, words)
        assert notice(page)["text"] == words
        assert properties(page)["error"]


def test_one_session_too_many(start):
    daemon = start("--max-sessions", "2")
    Kernel(daemon.port, "/s/one/").send(recorded("box-model"))
    with pytest.raises(InvalidStatus) as answer:
        Kernel(daemon.port, "/s/two/").send(recorded("box-model"))
    assert answer.value.response.status_code == 503
    assert answer.value.response.body == b"too many sessions: --max-sessions is 2\n"
    assert daemon.lines("no session two: too many sessions: --max-sessions is 2")
