# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Kernels and browsers as the protocol has them, on an independent WebSocket library."""
import json
import queue
import threading
from contextlib import ExitStack

from slow import PATIENCE, SLOW
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

LIMIT = 1 << 30


def address(port, path="/", host="127.0.0.1"):
    return f"ws://{f'[{host}]' if ':' in host else host}:{port}{path}"


class Kernel:
    """Sends as the Python clients do: a connection for every message, binary, no Origin. But it waits for the
    daemon's goodbye, and so until what it sent was handled: what another connection says later comes after it."""

    def __init__(self, port, path="/", host="127.0.0.1"):
        self.url = address(port, path, host)

    def connect(self):
        return connect(self.url, open_timeout=PATIENCE * SLOW, close_timeout=PATIENCE * SLOW, max_size=LIMIT,
                       compression=None)

    def send(self, message):
        with self.connect() as socket:
            socket.send(message if isinstance(message, bytes) else message.encode())

    def send_and_settle(self, message):
        """Sends, and returns once it was handled: the answer to a later question proves that."""
        with self.connect() as socket:
            socket.send(message if isinstance(message, bytes) else message.encode())
            socket.send(b'C:"status"')
            while not is_status(socket.recv(timeout=PATIENCE * SLOW)):
                pass

    def ask(self, message):
        """Sends and returns the answer, read as JSON."""
        with self.connect() as socket:
            socket.send(message if isinstance(message, bytes) else message.encode())
            return json.loads(socket.recv(timeout=PATIENCE * SLOW))

    def status(self):
        answer = self.ask('C:"status"')
        assert answer["command"] == "status"
        return answer["text"]

    def config(self):
        return self.ask('C:"config"')


class Browser:
    """A viewer: says `L`, then keeps whatever comes."""

    def __init__(self, port, path="/", host="127.0.0.1", hello="{}", **more):
        self.ending = ExitStack()
        self.socket = self.ending.enter_context(
            connect(
                address(port, path, host), max_size=LIMIT, compression=None, open_timeout=PATIENCE * SLOW,
                close_timeout=2, **{"ping_interval": None, **more}
            )
        )
        self.messages = queue.Queue()
        self.code = None
        self.socket.send("L:" + hello)
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def _receive(self):
        try:
            for message in self.socket:
                self.messages.put(message)
        except ConnectionClosed:
            pass
        self.code = self.socket.close_code
        self.messages.put(None)

    def settle(self):
        """Returns once the daemon has handled what this browser said so far. What it is sent
        meanwhile stays to be read."""
        self.socket.send('C:"status"')
        kept = []
        while not is_status(message := self.messages.get(timeout=PATIENCE * SLOW)):
            kept.append(message)
        later = list(self.messages.queue)
        self.messages.queue.clear()
        for message in kept + later:
            self.messages.put(message)
        return self

    def next(self, seconds=PATIENCE):
        """The next message as text; the daemon owes it within `seconds`."""
        seconds *= SLOW
        try:
            message = self.messages.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no message within {seconds} s") from None
        assert message is not None, f"the connection ended with {self.code}"
        assert isinstance(message, str), "browsers want text frames"
        return message

    def quiet(self, seconds=0.2):
        """Whether nothing comes for a while."""
        try:
            self.messages.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def send(self, message):
        self.socket.send(message)

    def say(self, command, text):
        self.send("U:" + json.dumps({"command": command, "text": text}))

    def close(self):
        self.ending.close()
        self.thread.join(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def is_status(message):
    """Whether it answers `C:"status"`; an answer may come as text or as binary."""
    assert message is not None, "the connection ended"
    start = '{"command":"status"'
    return message.startswith(start if isinstance(message, str) else start.encode())
