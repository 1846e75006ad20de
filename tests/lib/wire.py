# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Bytes on a socket: HTTP and WebSocket by hand, so that a test can break every rule."""
import base64
import hashlib
import os
import re
import socket
import struct
import time
from dataclasses import dataclass, field

from slow import PATIENCE, SLOW

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


@dataclass
class Response:
    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""


class Closed(Exception):
    """The other end closed the connection."""


class Wire:
    """One TCP connection to the daemon."""

    def __init__(self, port, host="127.0.0.1", timeout=PATIENCE):
        self.acted = time.monotonic()  # before we said something last
        self.socket = socket.create_connection((host, port), timeout * SLOW)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = port
        self.host = f"[{host}]" if ":" in host else host
        self.peer = self.socket.getsockname()[1]
        self.buffer = b""

    def send(self, data):
        self.acted = time.monotonic()
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def _receive(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError as error:
            raise Closed from error
        if not data:
            raise Closed
        return data

    def _fill(self):
        self.buffer += self._receive()

    def _gather(self, size):
        """At least so many bytes in the buffer; in pieces, since each `+=` copies all of a large body."""
        pieces = [self.buffer]
        try:
            have = len(self.buffer)
            while have < size:
                pieces.append(self._receive())
                have += len(pieces[-1])
        finally:
            self.buffer = b"".join(pieces)

    def read(self, size):
        if len(self.buffer) < size:
            self._gather(size)
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read_until(self, mark):
        while mark not in self.buffer:
            self._fill()
        data, self.buffer = self.buffer.split(mark, 1)
        return data

    def read_response(self, head=False):
        """One HTTP response, whole."""
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.1 (\d{3}) .+", lines[0])
        assert match, lines[0]
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        status = int(match[1])
        size = 0 if head or status in (101, 204, 304) else int(headers.get("content-length", 0))
        return Response(status, headers, self.read(size))

    def request(self, method, target, *lines, version="1.1", host=None, body=b"", **more):
        """Sends a request with a Host line, unless host is ""."""
        headers = list(lines)
        if host != "":
            headers.insert(0, f"Host: {host or f'{self.host}:{self.port}'}")
        headers += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        head = f"{method} {target} HTTP/{version}\r\n" + "".join(line + "\r\n" for line in headers)
        self.send(head.encode("latin-1") + b"\r\n" + body)

    def handshake_lines(self, key=None):
        self.key = key or base64.b64encode(os.urandom(16)).decode()
        return [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {self.key}",
        ]

    def upgrade(self, target="/", *lines):
        """The WebSocket handshake; fails unless the daemon agrees, with the right accept key."""
        self.request("GET", target, *self.handshake_lines(), *lines)
        response = self.read_response()
        assert response.status == 101, response
        accept = base64.b64encode(hashlib.sha1(self.key.encode() + GUID).digest()).decode()
        assert response.headers["sec-websocket-accept"] == accept
        return self

    def send_frame(self, opcode, payload=b"", **more):
        self.send(frame(opcode, payload, **more))

    def read_frame(self):
        """(first byte, payload) of the next frame."""
        first, second = self.read(2)
        assert second < 128, "the server masks its frames"
        size = second
        if size == 126:
            (size,) = struct.unpack(">H", self.read(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self.read(8))
        return first, self.read(size)

    def read_message(self):
        """The next text message, its fragments joined; pings on the way are answered."""
        parts, wanted = [], TEXT
        while True:
            first, payload = self.read_frame()
            if first == 0x80 | PING:
                self.send_frame(PONG, payload)
                continue
            assert first & 15 == wanted, (first, payload[:100])
            parts.append(payload)
            wanted = 0
            if first & 0x80:
                return b"".join(parts)

    def read_close(self):
        """The close code that the daemon says, whatever messages come before it."""
        while True:
            first, payload = self.read_frame()
            if first & 15 == CLOSE:
                return struct.unpack(">H", payload[:2])[0] if payload else None

    def read_end(self, seconds=PATIENCE):
        """Everything up to the end of the connection, which has to come within `seconds`."""
        seconds *= SLOW
        end = time.monotonic() + seconds
        try:
            while True:
                self.socket.settimeout(max(0.01, end - time.monotonic()))
                self._fill()
        except Closed:
            pass
        except TimeoutError as error:
            raise AssertionError(f"still open after {seconds} s, got {self.buffer[:200]!r}") from error
        data, self.buffer = self.buffer, b""
        return data

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def frame(opcode, payload=b"", fin=True, masked=True, reserved=0, size=None):
    """A frame as bytes; `size` is the length that it claims to have."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    size = len(payload) if size is None else size
    if size < 126:
        head = bytes([first, size])
    elif size < 65536:
        head = bytes([first, 126]) + struct.pack(">H", size)
    else:
        head = bytes([first, 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    head = bytes([head[0], head[1] | 0x80]) + head[2:]
    whole = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ whole).to_bytes(len(payload), "big")


def get(port, target, *lines, method="GET", host="127.0.0.1", **more):
    """One request on a connection of its own."""
    with Wire(port, host) as wire:
        wire.request(method, target, "Connection: close", *lines, **more)
        return wire.read_response(head=method == "HEAD")
