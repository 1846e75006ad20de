# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What a newer client says to a newer page passes through: the Python servers relay any `D` and `S`,
and a `set_relative_time`, whatever is in it. It is no part of the picture."""
import json
import os
import queue

import pytest
from conftest import recorded
from daemon import wait_until
from peers import Browser, Kernel
from wire import BINARY, TEXT, Wire

OURS = '{"viewer":"cadcast","formats":["binary"]}'
# What the server tells our page by itself.
OWN = {"hello", "sessions", "empty", "model", "replayed", "restore", "notice"}
LONG = "x" * 300_000

NOT_UNDERSTOOD = {
    "D unknown type": 'D:{"type":"hologram","data":{"a":1}}',
    "D unknown type, data first": 'D:{"data":{"a":1},"type":"hologram"}',
    "D unknown type, data as of a model": 'D:{"data":{"instances":[],"shapes":{}},"type":"delta","config":{}}',
    "D unknown type, data as of an animation": 'D:{"data":[["/a","t",[0],[1]]],"type":"timeline"}',
    "D type in capitals": 'D:{"type":"CLEAR"}',
    "D type with a space": 'D:{"type":"clear "}',
    "D type of a number": 'D:{"type":5}',
    "D type of null": 'D:{"type":null,"data":{}}',
    "D type of a list": 'D:{"type":["data"]}',
    "D type of an object": 'D:{"type":{"name":"data"}}',
    "D type empty": 'D:{"type":""}',
    "D type of a method": 'D:{"type":"constructor"}',
    "D type of a long name": 'D:{"type":"' + "long" * 100 + '"}',
    "D type of a settings message": 'D:{"type":"ui","config":{"future":1}}',
    "D type twice, the last unknown": 'D:{"type":"clear","type":"vanish"}',
    "D type further in": 'D:{"data":{"type":"clear"}}',
    "D no type": 'D:{"data":{"instances":[]}}',
    "D no members": "D:{}",
    "D list": "D:[1,2,3]",
    "D empty list": "D:[]",
    "D string": 'D:"clear"',
    "D number": "D:5",
    "D true": "D:true",
    "D null": "D:null",
    "D NaN": 'D:{"type":"data","data":NaN}',
    "D no JSON": "D:model",
    "D cut": 'D:{"type":"data","data":{"instances":[',
    "D cut as a model begins": 'D:{"data":{"instances":[{"vertices":',
    "D two values": 'D:{"type":"clear"}{"type":"clear"}',
    "D trailing comma": 'D:{"type":"clear",}',
    "D single quotes": "D:{'type':'clear'}",
    "D comment": 'D:/* all */{"type":"clear"}',
    "D white space": "D: \n ",
    "D empty": "D:",
    "D a colon": "D::",
    "D a C message": 'D:C:"status"',
    "D letters of all kinds": 'D:{"type":"é😀\u0007","x":"\u2028"}'.replace("\u0007", "\\u0007"),
    "D zero byte": "D:\0",
    "D markup": "D:<svg xmlns='http://www.w3.org/2000/svg'/>",
    "D deep": 'D:{"type":"x","data":' + "[" * 900 + "]" * 900 + "}",
    "D large, unknown type": 'D:{"type":"hologram","data":"' + LONG + '"}',
    "D large, begins as a model": 'D:{"data":{"instances":["' + LONG + '"],"shapes":{}},"type":"hologram"}',
    "D larger, begins as a model": 'D:{"data":{"instances":["' + LONG * 10 + '"],"shapes":{}},"type":"hologram"}',
    "D large, no JSON": "D:" + LONG,
    "S unknown type": 'S:{"type":"theme","config":{"a":1}}',
    "S no type": 'S:{"config":{"a":1}}',
    "S type of a number": 'S:{"type":1,"config":{}}',
    "S type twice, the last unknown": 'S:{"type":"ui","type":"vr","config":{"a":1}}',
    "S no config": 'S:{"type":"ui"}',
    "S config of text": 'S:{"type":"ui","config":"dark"}',
    "S config of a list": 'S:{"type":"ui","config":[1]}',
    "S config of null": 'S:{"type":"ui","config":null}',
    "S no members": "S:{}",
    "S list": "S:[]",
    "S string": 'S:"ui"',
    "S number": "S:1.5e300",
    "S no JSON": "S:theme=dark",
    "S cut": "S:{",
    "S empty": "S:",
    "S half a surrogate pair": 'S:{"type":"ui","config":{"a":"\\ud800"}}',
    "S type of a model": "S:" + recorded("clear")[2:].decode().replace("clear", "data2"),
    "S large, unknown type": 'S:{"type":"theme","config":"' + LONG + '"}',
    "S large, no JSON": "S:" + LONG,
    "C time without a value": 'C:{"type":"set_relative_time"}',
    "C time of text": 'C:{"type":"set_relative_time","value":"0.5"}',
    "C time of null": 'C:{"type":"set_relative_time","value":null}',
    "C time of a list": 'C:{"type":"set_relative_time","value":[1,2],"unit":"s"}',
    "C time of another name": 'C:{"type":"set_relative_time","time":0.5,"loop":true}',
}


def marker(number):
    return '{"type":"ui","config":{"ticks":%d}}' % number


def foreign(viewer):
    """The next message that is not the server's own."""
    while True:
        text = viewer.next()
        try:
            message = json.loads(text)
        except ValueError:
            return text
        if not isinstance(message, dict) or str(message.get("type")) not in OWN:
            return text


def unchanged(daemon, browser, model):
    """A browser that comes now gets the picture alone."""
    late = browser()
    assert late.next() == model[2:].decode()
    assert json.loads(late.next())["type"] == "ui"
    with pytest.raises(queue.Empty):
        late.messages.get(timeout=0.05)
    page = browser(hello=OURS)
    seen = []
    while "replayed" not in seen:
        seen.append(json.loads(page.next()).get("type"))
    assert [kind for kind in seen if kind != "sessions"] == ["hello", "model", "ui", "replayed"]
    assert daemon.health()["model"] is True


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_relayed_as_it_is(daemon, browser, name):
    message = NOT_UNDERSTOOD[name].encode()
    model = recorded("box-model")
    text, page = browser(), browser(hello=OURS)
    with Wire(daemon.port) as kernel:
        kernel.upgrade()
        # At once: our page's model is still being made when the rest comes.
        for number, said in enumerate((model, b"S:" + marker(1).encode(), message, b"S:" + marker(2).encode())):
            kernel.send_frame(TEXT if number % 2 else BINARY, said)
        assert text.next() == model[2:].decode()
        for viewer in (text, page):
            assert foreign(viewer) == marker(1)
            assert foreign(viewer) == message[2:].decode()
            assert foreign(viewer) == marker(2)
        assert daemon.lines_about(kernel.peer) == []
        assert len(daemon.lines("not understood", debug=True)) == 1
        assert daemon.lines("not understood") == []
    unchanged(daemon, browser, model)


def test_unknown_members_stay(daemon, browser):
    """Of what is understood, what is not is passed on too."""
    viewer = browser()
    model = recorded("box-model")
    told = [
        model[:-1] + b',"future":{"a":[1,2]}}',
        b'S:{"type":"ui","config":{"ticks":3,"ticks":4,"future":{"a":1}},"future":1}',
        b'C:{"type":"set_relative_time","value":0.5,"future":1}',
        b'D:{"type":"animation","data":[],"config":{"speed":1},"future":1}',
        b'D:{"type":"clear","future":1}',
    ]
    for message in told:
        Kernel(daemon.port).send(message)
        assert viewer.next() == message[2:].decode()


def test_fragments_and_browsers_that_lag(daemon, browser):
    """A message of 24 MB of an unknown type that begins as a model does: it comes in pieces, passes on
    in pieces, and is whole; what is said meanwhile is in its place."""
    text, page = browser(), browser(hello=OURS)
    large = b'D:{"data":{"instances":["' + os.urandom(12_000_000).hex().encode() + b'"]},"type":"hologram"}'
    with Wire(daemon.port) as kernel, Wire(daemon.port) as other:
        kernel.upgrade()
        kernel.send_frame(BINARY, b"S:" + marker(1).encode())
        kernel.send_frame(BINARY, large)
        kernel.send_frame(BINARY, b"S:" + marker(2).encode())
        # The same as fragments of the kernel's own.
        other.upgrade()
        for viewer in (text, page):
            assert foreign(viewer) == marker(1)
            assert foreign(viewer) == large[2:].decode()
            assert foreign(viewer) == marker(2)
        pieces = [large[i : i + 1_000_000] for i in range(0, len(large), 1_000_000)]
        for i, piece in enumerate(pieces):
            other.send_frame(BINARY if i == 0 else 0, piece, fin=i == len(pieces) - 1)
        for viewer in (text, page):
            assert foreign(viewer) == large[2:].decode()
    assert daemon.health()["model"] is False


def test_it_counts_for_a_browser_that_does_not_keep_up(start):
    daemon = start("--browser-queue", "4M")
    with Wire(daemon.port) as slow:
        slow.upgrade().send_frame(TEXT, b"L:{}")
        wait_until(lambda: daemon.health()["browsers"] == 1)
        for _ in range(20):
            Kernel(daemon.port).send(b"D:" + LONG.encode() * 4)
        wait_until(lambda: daemon.lines("does not keep up"), what="the browser that takes nothing is closed")
    wait_until(lambda: daemon.health()["browsers"] == 0)


def test_what_is_not_utf8_ends_the_connection(daemon, browser, wire):
    viewer = browser()
    peer = wire().upgrade()
    peer.send_frame(BINARY, b"D:hologram \xff")
    assert peer.read_close() == 1007
    Kernel(daemon.port).send(recorded("clear"))
    assert viewer.next() == recorded("clear")[2:].decode()


def test_who_may_only_look_relays_nothing(start):
    daemon = start("--read-only")
    own = f"http://127.0.0.1:{daemon.port}"
    with Browser(daemon.port) as watcher, Browser(daemon.port, origin=own) as viewer:
        for message in ("D:hologram", "S:{}", 'C:{"type":"set_relative_time"}'):
            viewer.send(message)
        wait_until(lambda: len(daemon.lines("may only view")) == 3)
        watcher.settle()
        assert watcher.messages.empty()


@pytest.mark.parametrize("message", ["C:{}", 'C:{"type":"warp"}', 'C:"restart"', "X:{}", "d:{}", "D", "S;{}"])
def test_unknown_commands_and_kinds_are_dropped(daemon, browser, wire, message):
    viewer = browser()
    peer = wire().upgrade()
    peer.send_frame(BINARY, message.encode())
    peer.send_frame(BINARY, recorded("clear"))
    assert viewer.next() == recorded("clear")[2:].decode()
    assert len(daemon.lines_about(peer.peer)) == 1
