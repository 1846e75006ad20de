# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The picture of a session's page as bytes.

It goes the way of the clients' save_screenshot(): a kernel's message asks for a file, the page that
was used last draws it, and the server writes it whole (temporary name, then rename). The few bytes
of WebSocket that this needs (RFC 6455) are written here, so that the package needs no other one.
"""
from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import struct
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from ._notebook import Picture
from ._program import CadcastError, Server, start, tls_for

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_POLL = 0.02  # seconds between two looks for the file


def _connect(url: str, host: str, port: int) -> socket.socket:
    wire = socket.create_connection((host, port), timeout=10)
    context = tls_for(url)
    return wire if context is None else context.wrap_socket(wire, server_hostname=host)


def _send(server: Server, session: str | None, payload: str) -> None:
    """One message to a session, as a kernel sends it: a connection of its own."""
    parts = urlsplit(server.url)
    host = parts.hostname or "127.0.0.1"
    path = "/" if session in (None, server.session) else f"/s/{quote(str(session))}/"
    key = base64.b64encode(os.urandom(16)).decode()
    token = f"Authorization: Bearer {server.token}\r\n" if server.token else ""
    with _connect(server.url, host, server.port) as wire:
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"{token}\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            data = wire.recv(4096)
            if not data:
                break
            head += data
        accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest())
        if b" 101 " not in head.split(b"\r\n")[0] + b" " or accept not in head:
            line = head.split(b"\r\n")[0].decode(errors="replace") or "nothing"
            raise CadcastError(f"{server.url} answers the WebSocket with {line}")
        data = payload.encode()
        mask = os.urandom(4)
        size = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0xFE, len(data))
        body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        wire.sendall(b"\x81" + size + mask + body)
        # A close frame with 1000 (RFC 6455 section 7.4.1); the server's answer is not waited for long.
        wire.sendall(b"\x88\x82" + mask + bytes(b ^ m for b, m in zip(struct.pack("!H", 1000), mask)))
        wire.settimeout(0.5)
        try:
            while wire.recv(4096):
                pass
        except OSError:
            pass


def screenshot(session: str | None = None, timeout: float = 10.0) -> Picture:
    """The picture of a session as the page that was used last shows it; a cell shows it.

    session  its name; None is the one that kernels without a setting draw in
    timeout  seconds to wait for a page to draw it

    Raises CadcastError if no cadcast can be reached, or if no picture came in time, which is so
    without a page that is open: the server's log has the reason.
    """
    server = start()
    with tempfile.TemporaryDirectory(prefix="cadcast-") as folder:
        path = Path(folder) / "picture.png"
        _send(server, session, "C:" + json.dumps({"type": "screenshot", "filename": str(path)}))
        end = time.monotonic() + timeout
        while not path.exists():
            if time.monotonic() > end:
                raise CadcastError(
                    f"no picture within {timeout:g} s: is the page open? {server.page(session)}"
                )
            time.sleep(_POLL)
        return Picture(path.read_bytes())
