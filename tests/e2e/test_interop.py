# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Three WebSocket implementations that know nothing of ours: Python's, Node's and Chromium's."""
import hashlib
import json
import random
import subprocess
from pathlib import Path

import pytest
from chromium import PATIENCE_MS
from conftest import MESSAGES, recorded
from peers import Browser, Kernel, address
from slow import PATIENCE, SLOW
from websockets.sync.client import connect

pytestmark = pytest.mark.interop


def digest(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def test_node(start):
    daemon = start()
    script = Path(__file__).with_name("interop.mjs")
    node = subprocess.Popen(
        ["node", script, f"ws://127.0.0.1:{daemon.port}/", MESSAGES / "bracket-model.msg"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        line = node.stdout.readline()
        assert line, node.communicate(timeout=PATIENCE * SLOW)
        expected = digest(recorded("bracket-model")[2:])
        assert json.loads(line) == {
            "extensions": "",
            "first": "status",
            "model": expected,
            "binary": False,
            "fragmented": expected,
            "pong": True,
            "status": "Ärger €😀",
            "config": "browser",
            "closed": 1000,
        }
        daemon.check_clean()
        output, errors = node.communicate(timeout=PATIENCE * SLOW)
        assert json.loads(output) == {"closed": 1001}, errors
    finally:
        node.kill()
        node.wait()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_python(daemon, host):
    model = recorded("bracket-model")
    with Browser(daemon.port, host=host) as browser:
        browser.settle()
        Kernel(daemon.port, host=host).send(model)
        assert digest(browser.next()) == digest(model[2:])
        with connect(address(daemon.port, host=host), compression="deflate") as socket:
            assert socket.protocol.extensions == []
            # A list is sent in fragments.
            socket.send([model[:1], model[1:1000], b"", model[1000:]])
            assert socket.ping(b"there?").wait(PATIENCE * SLOW)
            assert digest(browser.next()) == digest(model[2:])
            socket.send([b"C:", b'"status"'])
            assert json.loads(socket.recv(timeout=PATIENCE * SLOW)) == {"command": "status", "text": {}}
        assert socket.close_code == 1000


def test_sizes_at_every_boundary(daemon):
    """Lengths around each way that a frame's length is written and each buffer's end."""
    sizes = {125, 126, 127, 128, 4095, 4096, 4097, 65535, 65536, 65537, 131071, 131072, 131073}
    chance = random.Random(3)
    sizes |= {chance.randrange(100, 400000) for _ in range(20)}
    kernel = Kernel(daemon.port)
    with Browser(daemon.port) as browser:
        browser.settle()
        for size in sorted(sizes):
            start, end = 'D:{"type":"animation","data":[],"x":"', '"}'
            message = start + "ä" * ((size - len(start) - 2) // 2) + end
            kernel.send(message)
            assert browser.next() == message[2:], size


def test_chromium(start, chromium):
    """Chromium's socket, with the daemon's own page as its origin."""
    daemon = start()
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{daemon.url.rsplit('/', 1)[0]}/healthz")
    page.evaluate(
        """async () => {
          window.got = [];
          window.socket = new WebSocket(`ws://${location.host}/`);
          socket.onmessage = (event) => got.push(event.data);
          window.ended = new Promise((resolve) => { socket.onclose = (e) => resolve(e.code); });
          await new Promise((resolve) => { socket.onopen = resolve; });
          socket.send('L:{}');
          socket.send('C:"status"');
          socket.send(new Blob(['C:"config"']));
          while (got.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
        }"""
    )
    first, second = page.evaluate("got.splice(0).map((text) => JSON.parse(text))")
    assert first == {"command": "status", "text": {}}
    assert second["theme"] == "browser"
    model = recorded("bracket-model")
    Kernel(daemon.port).send(model)
    page.wait_for_function("() => got.length > 0")
    assert digest(page.evaluate("got[0]")) == digest(model[2:])
    # Back the way it came, as Chromium frames it.
    with Browser(daemon.port) as other:
        assert digest(other.next()) == digest(model[2:])
        page.evaluate("socket.send('D:' + got[0])")
        assert digest(other.next()) == digest(model[2:])
    daemon.check_clean()
    assert page.evaluate("ended") == 1001
    page.close()
