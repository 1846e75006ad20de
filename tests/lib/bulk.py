# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Shows of many megabytes, sent and received at the speed of the machine."""
import base64
import http.client
import os
import socket
import struct
import time

from slow import SLOW

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
# Whole groups of base64, so that any multiple of their length is base64 too.
PATTERN = base64.b64encode(bytes(range(256)) * 3)


def model(size, number):
    """A show with one array of about `size` characters, and its bytes: unlike that of any other number."""
    chars = (b"%08d" % number + PATTERN * (size // len(PATTERN) + 1))[: max(8, size // 4 * 4)]
    array = b'{"shape":[%d],"dtype":"uint8","buffer":"%b","codec":"b64"}' % (len(chars) // 4 * 3, chars)
    text = (
        b'{"type":"data","data":{"instances":[{"vertices":' + array + b'}],"shapes":'
        b'{"version":3,"id":"/m","name":"m","loc":null,"parts":[]}},"config":{},"count":%d}' % number
    )
    return text, base64.b64decode(chars)


class Bulk:
    """A WebSocket whose frames are masked with zeros, and whose large payloads are copied once."""

    def __init__(self, port, path="/", host="127.0.0.1", seconds=30):
        self.seconds = seconds * SLOW
        self.socket = socket.create_connection((host, port), timeout=self.seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.rest = b""
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._some(4096)
        head, self.rest = head.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def _some(self, most):
        data = self.socket.recv(most)
        if not data:
            raise ConnectionError("closed without a goodbye")
        return data

    def send(self, payload, opcode=BINARY):
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        self.socket.settimeout(self.seconds)
        self.socket.sendall(head + bytes(4))
        self.socket.sendall(payload)

    def _read(self, size):
        data = bytearray(size)
        have = min(size, len(self.rest))
        data[:have], self.rest = self.rest[:have], self.rest[have:]
        view = memoryview(data)
        while have < size:
            got = self.socket.recv_into(view[have:])
            if got == 0:
                raise ConnectionError("closed without a goodbye")
            have += got
        return data

    def receive(self):
        """The next message, its fragments joined; a ping gives it no more time. ConnectionError, with code
        and reason, if the connection ends instead."""
        parts = []
        end = time.monotonic() + self.seconds
        while True:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            first, size = self._read(2)
            if size == 126:
                (size,) = struct.unpack("!H", self._read(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self._read(8))
            data = self._read(size)
            opcode = first & 15
            if opcode == PING:
                self.send(data, PONG)
            elif opcode == CLOSE:
                raise ConnectionError(f"{int.from_bytes(data[:2], 'big')} {data[2:].decode()}")
            elif opcode != PONG:
                parts.append(data)
                if first & 0x80:
                    return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def show(port, payload, path="/"):
    """As a kernel does: on a connection of its own, which waits for nothing but the goodbye."""
    with Bulk(port, path) as kernel:
        kernel.send(b"D:" + payload)
        kernel.send(struct.pack("!H", 1000), CLOSE)
        try:
            kernel.receive()
        except ConnectionError as error:
            return str(error)
    return "no goodbye"


def fetch(port, target):
    """The body of one GET request, which must succeed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30 * SLOW)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:200])
        return body
    finally:
        connection.close()
