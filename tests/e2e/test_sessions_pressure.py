# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A browser that receives slowly, or not at all, does not affect other browsers and kernels."""
import json
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from daemon import wait_until
from peers import Browser, Kernel
from slow import PATIENCE, SLOW
from wire import Wire

MB = 1024 * 1024
READER = """
    import sys
    sys.path.insert(0, {lib!r})
    from wire import Wire
    wire = Wire({port})
    wire.upgrade({path!r}).send_frame(1, b"L:{{}}")
    wire.send_frame(1, b'C:"status"')
    end = b""
    while b'{{"command":"status"' not in end:
        end = (end + wire.socket.recv(1 << 20))[-200:]
    print("ready", flush=True)
    wire.socket.settimeout(None)
    while wire.socket.recv(1 << 20):
        pass
"""


def model(tag, size):
    """Written as the Python clients do: only such text passes on while it comes."""
    text = json.dumps({"data": {"instances": [], "shapes": {"id": "/m", "parts": []}}, "type": "data",
                       "config": {}, "tag": str(tag), "filler": ""}, separators=(",", ":"))
    return "D:" + text[:-2] + "x" * size + '"}'


def tag_of(text):
    return json.loads(text)["tag"]


@pytest.fixture
def stopped():
    """Starts browsers in processes of their own, and stops these as a debugger would."""
    running = []

    def make(port, path="/"):
        lib = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib")
        code = textwrap.dedent(READER).format(lib=lib, port=port, path=path)
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGSTOP)
        return process

    yield make
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


class Trickle:
    """A browser that reads so many bytes a second."""

    def __init__(self, port, path="/", rate=1000):
        self.rate = rate
        self.wire = Wire.__new__(Wire)
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", port))
        raw.settimeout(PATIENCE * SLOW)
        self.wire.__dict__.update(socket=raw, port=port, host="127.0.0.1", buffer=b"")
        self.wire.upgrade(path).send_frame(1, b"L:{}")
        self.ending = threading.Event()
        self.taken = 0
        self.closed = False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            while not self.ending.wait(0.25):
                data = self.wire.socket.recv(self.rate // 4)
                if not data:
                    break
                self.taken += len(data)
        except OSError:
            pass
        self.closed = True

    def close(self):
        self.ending.set()
        self.thread.join(PATIENCE * SLOW)
        self.wire.close()


class Quick:
    """A browser that only notes when a message was complete."""

    def __init__(self, port, path):
        self.wire = Wire(port, timeout=60)
        self.wire.upgrade(path).send_frame(1, b"L:{}")
        self.wire.send_frame(1, b'C:"status"')
        self.wire.read_message()
        self.space = bytearray(4 * MB)

    def _skip(self, size):
        view = memoryview(self.space)
        while size > 0:
            n = self.wire.socket.recv_into(view, min(size, len(view)))
            assert n > 0, "the connection ended"
            size -= n

    def wait(self):
        """Until the next whole message is here, in as many frames as it may come."""
        while True:
            first, second = self.wire.read(2)
            size = second
            if second == 126:
                (size,) = struct.unpack(">H", self.wire.read(2))
            elif second == 127:
                (size,) = struct.unpack(">Q", self.wire.read(8))
            early = min(size, len(self.wire.buffer))
            self.wire.buffer = self.wire.buffer[early:]
            self._skip(size - early)
            if first & 0x80 and first & 15 < 8:
                return

    def close(self):
        self.wire.close()


def ratio(port, data, rounds):
    """How much longer a model takes to a browser whose session has the bad company."""
    took = {"/s/alone/": [], "/s/company/": []}
    kernels = {path: Kernel(port, path) for path in took}
    viewers = {path: Quick(port, path) for path in took}
    for _ in range(rounds):
        for path, times in took.items():
            began = time.perf_counter()
            kernels[path].send(data)
            viewers[path].wait()
            times.append(time.perf_counter() - began)
    for viewer in viewers.values():
        viewer.close()
    return statistics.median(took["/s/company/"]) / statistics.median(took["/s/alone/"])


def test_slow_browsers_do_not_slow_others(start, stopped):
    # These browsers answer no ping, and the stopped ones shall stay.
    daemon = start("--no-state", "--log-level", "info", "--ping-interval", "0", "--stall-timeout", "600")
    data = model("m", 8 * MB).encode()
    for path in ("/s/alone/", "/s/company/"):
        Kernel(daemon.port, path).send(data)
    for _ in range(2):
        stopped(daemon.port, "/s/company/")
    slow = Trickle(daemon.port, "/s/company/")
    try:
        ratio(daemon.port, data, 3)
        before = daemon.rss()
        # Other programs use this machine too: a real slowdown shows every time.
        ratios = []
        while len(ratios) < 8 and (not ratios or min(ratios) > 1.1):
            ratios.append(ratio(daemon.port, data, 25))
        assert min(ratios) <= 1.1, ratios
        # What is stuck, what waits, what comes and what it is turned into; not one a show.
        assert daemon.grown(before) < 64 * MB
        assert not slow.closed
    finally:
        slow.close()


def test_a_browser_that_takes_nothing_is_closed(start, stopped):
    daemon = start("--stall-timeout", "2", "--no-state")
    stopped(daemon.port)
    with Browser(daemon.port) as viewer:
        viewer.settle()
        kernel = Kernel(daemon.port)
        for number in range(4):
            kernel.send(model(number, 8 * MB))
            assert tag_of(viewer.next()) == str(number)
        wait_until(lambda: daemon.health()["browsers"] == 1, what="the end of the stopped browser")
        assert len(daemon.lines("accepted no byte for too long")) == 1
        kernel.send(model("last", 100))
        assert tag_of(viewer.next()) == "last"


def test_a_slow_one_is_not_closed(start):
    """Though the system's own buffers take so long to empty that nothing moves in ours."""
    daemon = start("--stall-timeout", "4", "--no-state")
    slow = Trickle(daemon.port, rate=4000)
    try:
        Kernel(daemon.port).send(model(0, 32 * MB))
        wait_until(lambda: slow.taken > 40_000 or slow.closed, 60, "40 KB read")
        assert not slow.closed and daemon.health()["browsers"] == 1
    finally:
        slow.close()


def test_who_lags_gets_the_newest_and_skips_what_it_replaced(start):
    daemon = start("--no-state")
    kernel = Kernel(daemon.port)
    lagging = Wire(daemon.port)
    lagging.upgrade().send_frame(1, b"L:{}")
    lagging.send_frame(1, b'C:"status"')
    lagging.read_message()
    for number in range(40):
        kernel.send(model(number, 4 * MB))
        kernel.send('S:{"type":"ui","config":{"ticks":%d}}' % number)
    kernel.status()
    seen, ticks = [], []
    with lagging:
        while seen[-1:] != [39] or ticks[-1:] != [39]:
            first, payload = lagging.read_frame()
            text = payload
            while not first & 0x80:
                first, payload = lagging.read_frame()
                text += payload
            message = json.loads(text)
            if message["type"] == "data":
                seen.append(int(message["tag"]))
            else:
                ticks.append(message["config"]["ticks"])
                assert ticks[-1] == seen[-1], "a change came without its model"
    assert seen == sorted(seen) and len(seen) < 20, seen


def test_answers_are_not_skipped(start):
    """Models make way for newer ones; what only this browser gets does not."""
    daemon = start("--no-state")
    kernel = Kernel(daemon.port)
    with Wire(daemon.port) as lagging:
        lagging.upgrade().send_frame(1, b"L:{}")
        answers = 0
        for number in range(20):
            kernel.send(model(number, 4 * MB))
            lagging.send_frame(1, b'C:"status"')
        kernel.status()
        last = None
        while answers < 20 or last != "19":
            first, payload = lagging.read_frame()
            text = payload
            while not first & 0x80:
                first, payload = lagging.read_frame()
                text += payload
            message = json.loads(text)
            if message.get("type") == "data":
                last = message["tag"]
            else:
                answers += message["command"] == "status"
        assert answers == 20


def test_many_stopped_browsers_stay_within_the_memory_limit(start, stopped):
    """Each is stuck with another model; those are closed before any picture is dropped."""
    limit = 96 * MB
    daemon = start("--no-state", "--max-memory", str(limit), "--stall-timeout", "600")
    kernel, other = Kernel(daemon.port), Kernel(daemon.port, "/s/other/")
    other.send(model("precious", 3 * MB))
    with Browser(daemon.port) as viewer:
        viewer.settle()
        before, most = daemon.rss(), 0
        for number in range(12):
            stopped(daemon.port)
            kernel.send(model(number, 16 * MB))
            assert tag_of(viewer.next()) == str(number)
            most = max(most, daemon.grown(before))
        # Its binary form counts too, and is being made while the next model comes.
        assert most < limit + 40 * MB
        assert daemon.lines("memory is short and its queue holds an old model")
        assert not daemon.lines("dropped the picture")
    with Browser(daemon.port, "/s/other/") as late:
        assert tag_of(late.next()) == "precious"


def test_a_kernel_that_falls_silent_does_not_hold_a_browser(start):
    """A model that stops coming in the middle gives way to what another kernel shows."""
    daemon = start("--no-state")
    with Browser(daemon.port) as viewer, Wire(daemon.port) as silent:
        viewer.settle()
        data = model("late", 4 * MB).encode()
        silent.upgrade()
        silent.send(b"\x82\xff" + len(data).to_bytes(8, "big") + bytes(4) + data[: 2 * MB])
        wait_until(lambda: daemon.metric("in_flight_bytes") >= 2 * MB, what="half of the model")
        Kernel(daemon.port).send(model("other", 1000))
        first = viewer.next()
        if not first.endswith("}"):
            assert data[2:].decode().startswith(first)
            first = viewer.next()
        assert tag_of(first) == "other"
        silent.send(data[2 * MB:])
        assert tag_of(viewer.next()) == "late"
