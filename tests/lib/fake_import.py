#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""In place of cadcast-import, for what a right one does not do: its input says what, as JSON, such as
{"do": "hang"}. Notes its arguments in a file beside itself."""
import itertools
import json
import os
import signal
import struct
import sys
import time
from pathlib import Path

PROGRESS, NOTICE, MESSAGE, DONE, ERROR = range(32, 37)
SELF = Path(sys.argv[0])


def frame(kind, payload):
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    sys.stdout.buffer.write(struct.pack("<IIIIQ", kind, 0, 0, 0, len(data)) + data)
    sys.stdout.buffer.flush()


def main():
    with open(SELF.with_suffix(".notes"), "a", encoding="utf-8") as notes:
        notes.write(json.dumps({"pid": os.getpid(), "args": sys.argv[1:], "environment": dict(os.environ)}) + "\n")
    for percent in range(10):  # while the file is still coming
        frame(PROGRESS, {"phase": "reading", "fraction": percent / 100, "file": "x"})
    root = sys.argv.index("--root") if "--root" in sys.argv else None
    text = (Path(sys.argv[root + 1]) / sys.argv[root + 2]).read_bytes() if root else sys.stdin.buffer.read()
    what = json.loads(text)
    if what["do"] == "hang":
        time.sleep(1000)  # until it is killed
    if what["do"] == "wait":
        until = Path(what["until"])
        while not until.exists():
            time.sleep(0.005)  # a poll
    if what["do"] == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what["do"] == "progress":
        for percent in range(0, 101, 10):
            frame(PROGRESS, {"phase": what["phase"], "fraction": percent / 100, "file": "x"})
            time.sleep(0.15)  # so that the server is told now and then
    for percent in itertools.cycle(range(1, 100)) if what["do"] == "steps" else ():  # until it is killed
        frame(PROGRESS, {"phase": what["phase"], "fraction": percent / 100, "file": "x"})
        time.sleep(0.15)  # so that the server is told now and then
    if what["do"] == "garbage":
        sys.stdout.buffer.write(b"this is no frame, and longer than the head of one")
    elif what["do"] == "fail":
        frame(ERROR, what["line"].encode())
    elif what["do"] in ("send", "progress"):
        for message in what["messages"]:
            frame(MESSAGE, message.encode())
    if what["do"] in ("send", "progress", "done"):
        frame(DONE, {"format": "fake", "parts": 1, "notices": ["a notice"]})


main()
