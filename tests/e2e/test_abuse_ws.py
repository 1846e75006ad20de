# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""WebSocket handshakes, frames and messages that break the rules."""
import contextlib
import json
import random
import struct

import pytest
from conftest import recorded
from daemon import wait_until
from peers import Browser, Kernel
from slow import PATIENCE
from wire import BINARY, CLOSE, PING, PONG, TEXT, Closed, Wire, frame

pytestmark = pytest.mark.abuse

ASK = b'C:"status"'


def served(daemon):
    assert isinstance(Kernel(daemon.port).status(), dict)


def closed_with(daemon, wire, *codes):
    """The connection ends with one of these close codes, and one log line says why."""
    assert wire.read_close() in codes
    wire.read_end()
    lines = daemon.lines_about(wire.peer)
    assert len(lines) == 1, lines
    served(daemon)


KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


@pytest.mark.parametrize(
    "change, status",
    [
        ({"Sec-WebSocket-Version": "12"}, 426),
        ({"Sec-WebSocket-Version": "14"}, 426),
        ({"Sec-WebSocket-Version": "x"}, (400, 426)),
        ({"Sec-WebSocket-Version": None}, (400, 426)),
        ({"Sec-WebSocket-Key": None}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Sec-WebSocket-Key": KEY + "AAAA"}, 400),
        ({"Sec-WebSocket-Key": "!" * 24}, 400),
        ({"Sec-WebSocket-Key": "A" * 5000}, 400),
    ],
    ids=str,
)
@pytest.mark.shared
def test_refuses_a_bad_handshake(daemon, wire, change, status):
    headers = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    peer = wire()
    peer.request("GET", "/", *[f"{name}: {value}" for name, value in headers.items()])
    response = peer.read_response()
    assert response.status in ((status,) if isinstance(status, int) else status), response
    if response.status == 426:
        assert response.headers["sec-websocket-version"] == "13"
    lines = daemon.lines_about(peer.peer)
    assert len(lines) == 1, lines
    served(daemon)


@pytest.mark.shared
def test_refuses_two_keys(daemon, wire):
    peer = wire()
    peer.request("GET", "/", *[f"{n}: {v}" for n, v in GOOD.items()], f"Sec-WebSocket-Key: {KEY}")
    assert peer.read_response().status == 400
    served(daemon)


@pytest.mark.parametrize("method, version", [("POST", "1.1"), ("PUT", "1.1"), ("GET", "1.0")])
@pytest.mark.shared
def test_upgrades_get_of_http_1_1_only(daemon, wire, method, version):
    peer = wire()
    peer.request(method, "/", *[f"{n}: {v}" for n, v in GOOD.items()], version=version)
    assert peer.read_response().status in (302, 400, 405)
    served(daemon)


@pytest.mark.parametrize("name", ["Upgrade", "Connection"])
@pytest.mark.shared
def test_half_an_upgrade_is_a_plain_request(daemon, wire, name):
    headers = {**GOOD}
    del headers[name]
    peer = wire()
    peer.request("GET", "/", *[f"{n}: {v}" for n, v in headers.items()])
    assert peer.read_response().status in (302, 400, 426)
    served(daemon)


@pytest.mark.shared
def test_accepts_odd_but_right_handshakes(daemon, wire):
    peer = wire()
    peer.request(
        "GET", "/", "CONNECTION: keep-alive, UPGRADE", "uPgRaDe: WebSocket",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key:{KEY}  ",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    )
    response = peer.read_response()
    assert response.status == 101
    assert response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.shared
def test_takes_frames_that_came_with_the_handshake(daemon, wire):
    peer = wire()
    peer.request("GET", "/", *peer.handshake_lines(), body=frame(BINARY, ASK) + frame(PING, b"x"))
    assert peer.read_response().status == 101
    assert json.loads(peer.read_message())["command"] == "status"
    assert peer.read_frame() == (0x80 | PONG, b"x")


LONG = b"U:" + b" " * 200000

BROKEN_FRAMES = {
    "unmasked": (frame(TEXT, ASK, masked=False), (1002,)),
    "unmasked and large": (frame(BINARY, LONG, masked=False), (1002,)),
    "unmasked close": (frame(CLOSE, masked=False), (1002,)),
    "reserved bit 1": (frame(TEXT, ASK, reserved=4), (1002,)),
    "reserved bit 2": (frame(TEXT, ASK, reserved=2), (1002,)),
    "reserved bit 3": (frame(TEXT, ASK, reserved=1), (1002,)),
    "reserved bit on a large frame": (frame(BINARY, LONG, reserved=4), (1002,)),
    "reserved opcode 3": (frame(3, ASK), (1002,)),
    "reserved opcode 7": (frame(7, ASK), (1002,)),
    "reserved opcode 11": (frame(11, ASK), (1002,)),
    "reserved opcode 15": (frame(15), (1002,)),
    "ping of 126 bytes": (frame(PING, b"x" * 126), (1002,)),
    "fragmented ping": (frame(PING, b"x", fin=False), (1002,)),
    "continuation of nothing": (frame(0, ASK), (1002,)),
    "text within a fragmented text": (frame(TEXT, b"C", fin=False) + frame(TEXT, ASK), (1002,)),
    "large text within a fragmented text": (frame(TEXT, b"C", fin=False) + frame(TEXT, LONG), (1002,)),
    "2 GiB": (frame(BINARY, b"D:", size=1 << 31), (1009,)),
    "2 GiB of text": (frame(TEXT, b"D:", size=1 << 31), (1009,)),
    "2^62 bytes": (frame(BINARY, b"D:", size=1 << 62), (1009,)),
    "2^63 bytes": (frame(BINARY, b"D:", size=1 << 63), (1002, 1009)),
    "2^64-1 bytes": (frame(BINARY, b"D:", size=(1 << 64) - 1), (1002, 1009)),
    "2 GiB in a second fragment": (
        frame(BINARY, b"D:", fin=False) + frame(0, b"x", size=1 << 31), (1009,)),
    "close with one byte": (frame(CLOSE, b"\x03"), (1002,)),
    "close 999": (frame(CLOSE, struct.pack(">H", 999)), (1002,)),
    "close 1005": (frame(CLOSE, struct.pack(">H", 1005)), (1002,)),
    "close 1006": (frame(CLOSE, struct.pack(">H", 1006)), (1002,)),
    "close 5000": (frame(CLOSE, struct.pack(">H", 5000)), (1002,)),
}


@pytest.mark.parametrize("name", BROKEN_FRAMES)
@pytest.mark.shared
def test_refuses_broken_frames(daemon, wire, name):
    data, codes = BROKEN_FRAMES[name]
    peer = wire().upgrade()
    try:
        peer.send(data)
    except Closed:
        pass
    closed_with(daemon, peer, *codes)


NOT_UTF8 = {
    "stray continuation": b"\x80",
    "cut short": b"\xe2\x82",
    "overlong": b"\xc0\xaf",
    "overlong of three": b"\xe0\x80\xaf",
    "surrogate": b"\xed\xa0\x80",
    "beyond 10FFFF": b"\xf4\x90\x80\x80",
    "FE": b"\xfe",
}


@pytest.mark.parametrize("where", ["short", "long", "fragmented"])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("name", NOT_UTF8)
@pytest.mark.shared
def test_refuses_text_that_is_not_utf8(daemon, wire, opcode, where, name):
    """In a binary frame too: what it holds would be passed on to browsers as text."""
    bad = NOT_UTF8[name]
    text = b'D:{"type":"data","x":"' + bad + b'"}'
    if where == "long":
        text = b'D:{"type":"data","x":"' + b"y" * 300001 + bad + b'"}'
    peer = wire().upgrade()
    if where == "fragmented":
        half = text.index(bad) + 1
        peer.send(frame(opcode, text[:half], fin=False) + frame(0, text[half:]))
    else:
        peer.send(frame(opcode, text))
    closed_with(daemon, peer, 1007)


@pytest.mark.shared
def test_a_close_reason_has_to_be_utf8(daemon, wire):
    peer = wire().upgrade()
    peer.send_frame(CLOSE, struct.pack(">H", 1000) + b"\xff\xfe")
    assert peer.read_close() in (1002, 1007)
    peer.read_end()
    served(daemon)


def test_letters_may_be_split_between_fragments(daemon, wire):
    text = 'U:{"command":"status","text":{"name":"Ärger €😀"}}'.encode()
    peer = wire().upgrade()
    peer.send_frame(TEXT, b"L:{}")
    for i, byte in enumerate(text):
        peer.send_frame(TEXT if i == 0 else 0, bytes([byte]), fin=i == len(text) - 1)
        if i % 7 == 0:
            peer.send_frame(PING, str(i).encode())
            assert peer.read_frame() == (0x80 | PONG, str(i).encode())
    peer.send_frame(BINARY, ASK)
    assert json.loads(peer.read_message())["text"]["name"] == "Ärger €😀"


@pytest.mark.shared
def test_bytes_may_come_one_by_one(daemon, wire):
    peer = wire().upgrade()
    for byte in frame(BINARY, ASK) + frame(PING, b"here"):
        peer.send(bytes([byte]))
    assert json.loads(peer.read_message())["command"] == "status"
    assert peer.read_frame() == (0x80 | PONG, b"here")


@pytest.mark.shared
def test_a_close_is_answered_at_once(daemon, wire):
    peer = wire().upgrade()
    peer.send_frame(CLOSE, struct.pack(">H", 1000) + b"bye")
    assert peer.read_close() == 1000
    peer.read_end(5)
    assert daemon.lines_about(peer.peer) == []


@pytest.mark.shared
def test_an_empty_close_is_answered(daemon, wire):
    peer = wire().upgrade()
    peer.send_frame(CLOSE)
    assert peer.read_close() in (None, 1000, 1005)
    peer.read_end(5)


def test_max_message_counts_fragments_together(start):
    daemon = start("--max-message", "1M")
    for pieces in (1, 2, 1000):
        with Wire(daemon.port) as peer:
            peer.upgrade()
            piece = b" " * (2_000_000 // pieces)
            try:
                for i in range(pieces):
                    peer.send_frame(
                        BINARY if i == 0 else 0, (b"D:" if i == 0 else b"") + piece, fin=i == pieces - 1
                    )
            except Closed:
                pass
            closed_with(daemon, peer, 1009)


BAD_MESSAGES = {
    "empty": b"",
    "one byte": b"C",
    "no colon": b'C"status"',
    "a wrong colon": b'C;"status"',
    "unknown kind": b"X:{}",
    "lower case": b'c:"status"',
    "a control character": b"\x01:{}",
    "not ASCII": "Ä:{}".encode(),
    "JSON alone": b'{"command":"status"}',
    "C empty": b"C:",
    "C cut": b'C:{"type":"screenshot"',
    "C word": b"C:nul",
    "C unknown": b'C:"restart"',
    "C number": b"C:5",
    "C list": b'C:["status"]',
    "C object of nothing": b"C:{}",
    "C type number": b'C:{"type":5}',
    "C type unknown": b'C:{"type":"reboot"}',
    "C screenshot without a name": b'C:{"type":"screenshot"}',
    "C screenshot with a number": b'C:{"type":"screenshot","filename":5}',
    "C screenshot with NUL": b'C:{"type":"screenshot","filename":"/tmp/a\\u0000b.png"}',
    "C trailing": b'C:"status" "config"',
    "C deep": b"C:" + b"[" * 100000,
    "L empty": b"L:",
    "L cut": b"L:{",
    "L list": b"L:[]",
    "L other word": b"L:Ruby listener",
    "U empty": b"U:",
    "U cut": b'U:{"command":"status","text":{',
    "U list": b"U:[]",
    "U null": b"U:null",
    "U nothing": b"U:{}",
    "U number": b'U:{"command":5,"text":{}}',
    "U unknown": b'U:{"command":"format","text":{}}',
    "U status without text": b'U:{"command":"status"}',
    "U status of text": b'U:{"command":"status","text":"x"}',
    "U status of a list": b'U:{"command":"status","text":[1,2]}',
    "U screenshot without a request": (
        b'U:{"command":"screenshot","text":{"filename":"/tmp/none.png","data":"data:image/png;base64,AA=="}}'),
    "U screenshot of nothing": b'U:{"command":"screenshot","text":{}}',
    "U screenshot of numbers": b'U:{"command":"screenshot","text":{"filename":1,"data":2}}',
    "U deep": b'U:{"command":"status","text":' + b'{"a":' * 50000,
    "U lone surrogate": b'U:{"command":"status","text":{"a":"\\ud800"}}',
    "U bad escape": b'U:{"command":"status","text":{"a":"\\x"}}',
    "U single quotes": b"U:{'command':'status'}",
    "U comment": b'U:{"command":"started"} // hi',
    "U infinity": b'U:{"command":"status","text":{"a":Infinity}}',
    "U NaN": b'U:{"command":"status","text":{"a":NaN}}',
    "U number cut short": b'U:{"command":"status","text":{"a":123456789012345680000.}}',
    "R from a stranger": b'R:{"type":"backend_response"}',
    "R cut": b"R:{",
}


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("name", BAD_MESSAGES)
@pytest.mark.shared
def test_drops_bad_messages(daemon, wire, name, opcode):
    """One log line, nothing else: the connection stays."""
    peer = wire().upgrade()
    peer.send_frame(opcode, BAD_MESSAGES[name])
    peer.send_frame(BINARY, ASK)
    assert json.loads(peer.read_message()) == {"command": "status", "text": {}}
    lines = daemon.lines_about(peer.peer)
    assert len(lines) == 1, lines
    served(daemon)


BAD_MODELS = {
    "D empty": b"D:",
    "D cut": b'D:{"type":"data","data":',
    "D word": b"D:model",
    "D number": b"D:5",
    "D list": b"D:[]",
    "D nothing": b"D:{}",
    "D type number": b'D:{"type":5}',
    "D type unknown": b'D:{"type":"hologram"}',
    "D without data": b'D:{"type":"data"}',
    "D data of text": b'D:{"type":"data","data":"x"}',
    "D instances wrong": b'D:{"type":"data","data":{"instances":{"a":1},"shapes":[]},"config":5}',
    "D reference to nothing": (
        b'D:{"type":"data","data":{"instances":[],"shapes":{"parts":[{"shape":{"ref":99}}]}},"config":{}}'),
    "D bad base64": (
        b'D:{"type":"data","data":{"instances":[{"vertices":{"shape":[3],"dtype":"float32",'
        b'"buffer":"!!!!","codec":"b64"}}],"shapes":{}},"config":{}}'),
    "D shape that lies": (
        b'D:{"type":"data","data":{"instances":[{"vertices":{"shape":[999999999999],"dtype":"float32",'
        b'"buffer":"AAAA","codec":"b64"}}],"shapes":{}},"config":{}}'),
    "D deep": b'D:{"type":"data","data":' + b"[" * 200000,
    "D animation of nothing": b'D:{"type":"animation"}',
    "D animation cut": b'D:{"type":"animation","data":[',
    "S empty": b"S:",
    "S cut": b"S:{",
    "S list": b"S:[]",
    "S number": b"S:1",
    "S config of text": b'S:{"type":"ui","config":"x"}',
    "B empty": b"B:",
    "B cut": b'B:{"model":',
    "B list": b"B:[]",
    "B nonsense": b'B:{"model":{"parts":[{"id":5,"shape":{"obj":"!!"}}]}}',
}


@pytest.mark.parametrize("name", BAD_MODELS)
def test_survives_bad_models(daemon, browser, name):
    """Of a model only the outside is looked at: it may be passed on or dropped, but nothing
    breaks, and the next good model arrives, at our own page's connection too."""
    verbatim = browser()
    ours = browser(hello='{"viewer":"cadcast","formats":["binary"]}')
    with Wire(daemon.port) as peer:
        peer.upgrade()
        peer.send_frame(BINARY, BAD_MODELS[name])
        peer.send_frame(BINARY, ASK)
        answer = json.loads(peer.read_message())
        if "ok" in answer:
            answer = json.loads(peer.read_message())
        assert answer["command"] == "status"
    good = recorded("box-model")
    Kernel(daemon.port).send(good)
    wait_until(lambda: verbatim.next() == good[2:].decode(), what="the good model")
    wait_until(lambda: ours.next().startswith('{"type":"model"'), what="its notice")
    late = browser()
    assert late.next() == good[2:].decode()


def test_noise_is_survived(daemon, browser):
    """Seeded: messages with bytes changed, cut or doubled, on one connection after another."""
    chance = random.Random(11)
    seeds = [recorded(name) for name in ("box-model", "ui", "assembly-animation", "clear", "legacy-3.4-ui")]
    seeds += [b'U:{"command":"status","text":{"zoom":1}}', b'C:{"type":"set_relative_time","value":0.5}']
    for _ in range(150):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(data))
            change = chance.randrange(3)
            if change == 0:
                data[place] = chance.randrange(128)
            elif change == 1:
                del data[place:]
            else:
                data[place:place] = data[place : place + 50]
            if not data:
                data = bytearray(b"D")
        with Wire(daemon.port) as peer:
            peer.upgrade()
            peer.send_frame(BINARY, bytes(data))
            peer.send_frame(PING, b"end")
            while peer.read_frame() != (0x80 | PONG, b"end"):
                pass
    Kernel(daemon.port).send(recorded("box-model"))
    assert browser().next() == recorded("box-model")[2:].decode()


STAGES = {
    "in the handshake": (False, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webs"),
    "after the handshake": (True, b""),
    "in a frame's head": (True, frame(BINARY, b"x" * 70000)[:5]),
    "in a small frame": (True, frame(BINARY, ASK)[:-3]),
    "in a large frame": (True, frame(BINARY, recorded("assembly-model"))[:150000]),
    "between fragments": (True, frame(BINARY, b"D:{", fin=False)),
    "in a large fragment": (True, frame(BINARY, b"D:" + b" " * 200000, fin=False)[:100000]),
    "after a question": (True, frame(BINARY, ASK)),
    "after a backend model": (True, frame(BINARY, b'B:{"model":{"parts":[]}}')),
    "after registering": (True, frame(TEXT, b"L:{}")),
    "after registering as our page": (True, frame(TEXT, b'L:{"viewer":"cadcast","formats":["binary"]}')),
    "after registering as a backend": (True, frame(TEXT, b"L:Python listener")),
    "after half a close": (True, frame(CLOSE, b"\x03\xe8")[:4]),
}


@pytest.mark.parametrize("ending", ["close", "reset"])
@pytest.mark.parametrize("stage", STAGES)
def test_peers_that_vanish(daemon, stage, ending):
    """No trace but debug lines; a model that was not complete is not shown."""
    Kernel(daemon.port).send(recorded("bracket-model"))
    with Browser(daemon.port) as first:
        assert first.next() == recorded("bracket-model")[2:].decode()
    served(daemon)
    before = wait_until(lambda: daemon.health()["browsers"] == 0 and daemon.descriptors())
    upgraded, data = STAGES[stage]
    peers = []
    for _ in range(10):
        peer = Wire(daemon.port)
        if upgraded:
            peer.upgrade()
        peer.send(data)
        getattr(peer, ending)()
        peers.append(peer.peer)
    wait_until(lambda: daemon.descriptors() <= before, what="all descriptors closed")
    served(daemon)
    assert [line for peer in peers for line in daemon.lines_about(peer)] == []
    with Browser(daemon.port) as last:
        assert last.next() == recorded("bracket-model")[2:].decode()


def test_browsers_that_vanish_while_a_model_is_sent(daemon, browser):
    """The one that stays gets every model whole."""
    stays = browser()
    model = recorded("zoo-model")
    for turn in range(10):
        gone = Wire(daemon.port).upgrade()
        gone.send_frame(TEXT, b"L:{}")
        Kernel(daemon.port).send(model)
        gone.read(1000 * turn + 1)
        gone.reset()
        assert stays.next() == model[2:].decode()
    wait_until(lambda: daemon.health()["browsers"] == 1)


def test_a_silent_peer_is_pinged_and_let_go(start):
    daemon = start("--ping-interval", "1", "--ping-timeout", "1", "--handshake-timeout", "60")
    with Wire(daemon.port) as peer:
        peer.upgrade()
        peer.send_frame(TEXT, b"L:{}")
        first, payload = peer.read_frame()
        while first & 15 != PING:
            first, payload = peer.read_frame()
        # On a busy machine it may have been given up by then.
        with contextlib.suppress(Closed):
            peer.send_frame(PONG, payload)
        peer.read_end()
        # No fault of the peer, so no line about it: a laptop was closed.
        assert daemon.lines_about(peer.peer) == []
    wait_until(lambda: daemon.health()["browsers"] == 0)


def test_a_handshake_without_a_message_is_let_go(start):
    daemon = start("--handshake-timeout", "1")
    with Wire(daemon.port) as peer:
        peer.upgrade()
        peer.read_end()
    served(daemon)


def test_ends_cleanly_in_the_middle_of_everything(start):
    """SIGTERM while connections stand at every stage: they are closed, status 0, nothing left."""
    daemon = start("--goodbye-timeout", "1")
    peers = []
    for upgraded, data in STAGES.values():
        peer = Wire(daemon.port)
        if upgraded:
            peer.upgrade()
        peer.send(data)
        peers.append(peer)
    registered = Browser(daemon.port).settle()
    daemon.check_clean()
    registered.thread.join(PATIENCE)
    assert registered.code == 1001
    for peer in peers:
        peer.read_end()
        peer.close()
