# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A kernel on another machine: shows a recorded box to the server at that port, with that token.

usage: show.py PORT TOKEN"""
import sys
from pathlib import Path

from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[3]
port, token = sys.argv[1:]
with connect(f"ws://127.0.0.1:{port}/", additional_headers={"X-Cadcast-Token": token}, compression=None) as socket:
    socket.send((ROOT / "tests" / "data" / "messages" / "box-model.msg").read_bytes())
    socket.send(b'C:"status"')
    assert '"command":"status"' in str(socket.recv(timeout=30))
