# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Many kernels and many browsers over a few sessions, in a random order, with reloads and killed
connections in between. What happens depends on the seed, and on the machine; what must be true at
the end does not."""
import asyncio
import base64
import json
import os
import random

import cadmodel
import pytest
from daemon import wait_until
from peers import Kernel
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from wire import get

SEEDS = [int(seed) for seed in os.environ.get("CADCAST_STORM_SEEDS", "1").split(",")]
SESSIONS = ["default", "left", "right", "a.b-c_D", "x" * 64]
KERNELS, BROWSERS, SHOWS = 50, 20, 8
SIZES = [300, 3_000, 70_000, 300_000, 1_500_000, 5_000_000]
SIZE_WEIGHTS = [30, 30, 20, 12, 6, 2]
FOR_OUR_PAGE = {"hello", "sessions", "empty", "restore", "replayed", "thumbnail"}
CHARACTERS = "abcdefghijklmnopqrstuvwxyzäöü€😀0123456789"


def path_of(session):
    return "/" if session == "default" else f"/some/prefix/s/{session}/"


def make_model(chance, session, tag, size):
    """The payload of a model that is like no other."""
    count = max(1, size // 16)
    buffer = chance.randbytes(count * 12)
    array = {"shape": [count * 3], "dtype": "float32",
             "buffer": base64.b64encode(buffer).decode(), "codec": "b64"}
    note = "".join(chance.choices(CHARACTERS, k=40))
    # In the order of the Python clients: such models pass on while they come.
    payload = {"data": {"instances": [{"vertices": array}], "shapes": {
        "id": "/m", "name": "m", "parts": [{"id": "/m/p", "name": tag, "shape": {"ref": 0}}]}},
        "type": "data", "config": {"_splash": False}, "count": 1, "session": session, "tag": tag, "note": note}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


class Storm:
    """What was sent, and what must not be lost of it."""

    def __init__(self, port, seed):
        self.port = port
        self.chance = random.Random(seed)
        self.sent = {session: {} for session in SESSIONS}   # payload: [started, handled or None]
        self.cut = {session: [] for session in SESSIONS}    # payloads that were never sent to their end
        self.clock = 0
        self.wrong = []

    def url(self, session):
        return f"ws://127.0.0.1:{self.port}{path_of(session)}"

    def tick(self):
        self.clock += 1
        return self.clock

    def open(self, session):
        return connect(self.url(session), compression=None, max_size=None, close_timeout=1,
                       ping_interval=None, open_timeout=60)

    def newest(self, session, payload):
        """Whether nothing that was sent after `payload` had been handled has been lost."""
        started = [times[0] for times in self.sent[session].values()]
        handled = self.sent[session][payload][1]
        return handled is None or not any(start > handled for start in started)


# -- kernels

async def ask(storm, socket, session, chance):
    """Some questions at once; each has its answer, in the order of asking, and no more come."""
    questions = chance.choices(["status", "config", "parts"], k=chance.randint(1, 6))
    for question in questions:
        text = "B:" + json.dumps({"model": {"parts": []}}) if question == "parts" else f'C:"{question}"'
        await socket.send(text.encode())
    for question in questions:
        answer = json.loads(await asyncio.wait_for(socket.recv(), 60))
        if question == "parts":
            good = list(answer) == ["ok"]
        elif question == "config":
            good = answer.get("theme") == "browser" and "_splash" in answer
        else:
            good = answer["command"] == "status" and answer["text"].get("who", session) == session
        if not good:
            storm.wrong.append((session, question, answer))


async def show(storm, session, payload, acknowledged):
    times = storm.sent[session].setdefault(payload, [storm.tick(), None])
    async with storm.open(session) as socket:
        await socket.send(b"D:" + payload.encode())
        if acknowledged:
            await socket.send(b'C:"status"')
            answer = json.loads(await asyncio.wait_for(socket.recv(), 60))
            times[1] = storm.tick()
            if answer["command"] != "status":
                storm.wrong.append((session, "a model's answer", answer))


async def show_and_die(storm, session, payload):
    """A kernel that is killed while it sends: with a reset, somewhere in the middle."""
    data = b"D:" + payload.encode()
    storm.cut[session].append(payload)
    head = (f"GET {path_of(session)} HTTP/1.1\r\nHost: 127.0.0.1:{storm.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", storm.port)
    writer.write(head.encode())
    await reader.readuntil(b"\r\n\r\n")
    # A mask of zeroes leaves the bytes as they are.
    writer.write(b"\x82\xff" + len(data).to_bytes(8, "big") + bytes(4))
    writer.write(data[: storm.chance.randrange(len(data))])
    await asyncio.sleep(storm.chance.random() * 0.02)  # a random moment
    writer.transport.abort()


async def kernel(storm, number):
    chance = random.Random(storm.chance.random())
    for turn in range(SHOWS):
        session = chance.choice(SESSIONS)
        size = chance.choices(SIZES, SIZE_WEIGHTS)[0]
        payload = make_model(chance, session, f"k{number}-{turn}", chance.randint(size // 2, size))
        await asyncio.sleep(chance.random() * 0.3)  # a random moment
        dice = chance.random()
        if dice < 0.15:
            await show_and_die(storm, session, payload)
        elif dice < 0.45:
            # As the Python clients do: one message, and gone without a word.
            await show(storm, session, payload, False)
        else:
            await show(storm, session, payload, True)
        async with storm.open(session) as socket:
            await ask(storm, socket, session, chance)


# -- browsers

class Viewer:
    """A browser: it reads, sometimes slowly, and comes back when its connection was lost."""

    def __init__(self, storm, number):
        self.storm = storm
        self.session = SESSIONS[number % len(SESSIONS)]
        self.binary = number % 3 == 0
        self.chance = random.Random(storm.chance.random())
        self.slow = number % 7 == 3
        self.last = None
        self.got = 0
        self.over = asyncio.Event()

    def take(self, text):
        try:
            message = json.loads(text)
        except ValueError:
            # A kernel died in the middle: what of its message came must be as it was.
            if not any(payload.startswith(text) for payload in self.storm.cut[self.session]):
                self.storm.wrong.append((self.session, "text that no kernel sent", text[:80]))
            return
        kind = message.get("type")
        if kind == "data":
            self.got += 1
            if text not in self.storm.sent[self.session]:
                self.storm.wrong.append((self.session, "a model that no kernel sent", text[:80]))
            self.last = text
        elif kind == "model":
            self.got += 1
            self.last = message["url"]
        elif not self.binary or kind not in FOR_OUR_PAGE:
            self.storm.wrong.append((self.session, "a message for another kind of client", text[:80]))

    async def visit(self):
        """One connection, for a while."""
        hello = {"viewer": "cadcast", "formats": ["binary"], "id": str(id(self))} if self.binary else {}
        seconds = 1000 if self.over.is_set() else self.chance.random() * 1.5
        async with self.storm.open(self.session) as socket:
            await socket.send("L:" + json.dumps(hello))
            await socket.send("U:" + json.dumps({"command": "status", "text": {"who": self.session}}))
            try:
                async with asyncio.timeout(seconds):
                    async for text in socket:
                        self.take(text)
                        if self.slow:
                            await asyncio.sleep(self.chance.random() * 0.05)  # it is that slow
            except (ConnectionClosed, TimeoutError):
                pass
            if self.chance.random() < 0.5:
                socket.transport.abort()

    async def run(self):
        while True:
            await self.visit()
            self.last = None
            await asyncio.sleep(self.chance.random() * 0.1)  # a random moment


async def picture(storm, session):
    """The picture that a new browser of the session gets: its text, and the address of the file."""
    async with storm.open(session) as socket:
        await socket.send("L:{}")
        text = await asyncio.wait_for(socket.recv(), 60)
    async with storm.open(session) as socket:
        await socket.send('L:{"viewer":"cadcast","formats":["binary"]}')
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), 60))
            if message["type"] == "model":
                return text, message["url"]


async def until(condition, seconds, what):
    await asyncio.to_thread(wait_until, condition, seconds, what)


async def rage(storm):
    viewers = [Viewer(storm, number) for number in range(BROWSERS)]
    running = [asyncio.create_task(viewer.run()) for viewer in viewers]
    async with asyncio.timeout(120):
        await asyncio.gather(*(kernel(storm, number) for number in range(KERNELS)))
    for viewer in viewers:
        viewer.over.set()
    try:
        for session in SESSIONS:
            text, url = await picture(storm, session)
            assert storm.newest(session, text), f"{session}: not the newest model"
            response = await asyncio.to_thread(
                get, storm.port, ("/" if session == "default" else f"/s/{session}/") + url)
            assert response.status == 200
            assert cadmodel.decode(response.body) == cadmodel.expect(text), "a file that differs"
            for viewer in viewers:
                if viewer.session == session:
                    expected = url if viewer.binary else text
                    await until(lambda v=viewer, e=expected: v.last == e, 30,
                                f"{session}: a browser's newest model")
    finally:
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
    failed = [each for each in ended if not isinstance(each, asyncio.CancelledError)]
    assert failed == []
    assert all(viewer.got > 0 for viewer in viewers)


@pytest.mark.abuse
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_is_left(start, seed):
    daemon = start("--no-state", "--history", "0", "--log-level", "info")
    first = Kernel(daemon.port)
    chance = random.Random(seed)
    first.send("D:" + make_model(chance, "default", "first", 100_000))
    first.send('D:{"type":"clear"}')
    wait_until(lambda: daemon.health()["bytes"] == 0)
    before, files = daemon.rss(), daemon.descriptors()
    storm = Storm(daemon.port, seed)
    asyncio.run(rage(storm))
    assert storm.wrong == [], storm.wrong[:5]
    most = daemon.grown(before)
    for session in SESSIONS:
        Kernel(daemon.port, path_of(session)).send('D:{"type":"clear"}')
    wait_until(lambda: (daemon.health()["sessions"], daemon.health()["bytes"]) == (1, 0), 20,
               "the end of the empty sessions")
    assert daemon.health()["browsers"] == 0
    wait_until(lambda: daemon.descriptors() <= files, what="all connections closed")
    wait_until(lambda: daemon.grown(before) <= before * 0.2, 30,
               f"memory given back ({before} bytes before, {most} more in the storm)")
