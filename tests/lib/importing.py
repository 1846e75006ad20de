# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Runs cadcast-import (docs/importing.md) and takes its frames apart."""
import hashlib
import json
import struct
import subprocess
from pathlib import Path

from daemon import helper_path
from fork_main import Forked
from slow import SLOW

IMPORTER = helper_path("CADCAST_IMPORT", "import", "cadcast-import")
# Whether it has been built with a sanitizer.
SANITIZED = IMPORTER.is_file() and any(name in IMPORTER.read_bytes() for name in (b"libasan", b"libtsan"))
HEAD = struct.Struct("<IIIIQ")
PROGRESS, NOTICE, MESSAGE, DONE, ERROR = range(32, 37)


class Import:
    """What came of one run: its frames, taken apart."""

    def __init__(self, output, status, errors=b""):
        self.status = status
        self.errors = errors
        self.progress, self.notices, self.messages = [], [], []
        self.done = self.error = None
        self.whole = True
        at = 0
        while at < len(output):
            if len(output) - at < HEAD.size:
                self.whole = False
                break
            kind, serial, session, zero, length = HEAD.unpack_from(output, at)
            payload = output[at + HEAD.size:at + HEAD.size + length]
            assert (serial, session, zero) == (0, 0, 0) and PROGRESS <= kind <= ERROR, (kind, length)
            assert self.done is None and self.error is None, "a frame after the last one"
            if len(payload) < length:
                self.whole = False
                break
            at += HEAD.size + length
            self._take(kind, payload)

    def _take(self, kind, payload):
        if kind == PROGRESS:
            self.progress.append(json.loads(payload))
        elif kind == NOTICE:
            self.notices.append(payload.decode())
        elif kind == MESSAGE:
            self.messages.append(payload)
        elif kind == DONE:
            self.done = json.loads(payload)
        else:
            self.error = payload.decode()

    @property
    def plan(self):
        """The payload of the E message."""
        assert self.messages[0][:2] == b"E:", self.messages[0][:40]
        return json.loads(self.messages[0][2:])

    @property
    def shapes(self):
        """The bytes of the shapes, checked against the plan."""
        found = [message[34:] for message in self.messages[1:]]
        for each, data, message in zip(self.plan["shapes"], found, self.messages[1:], strict=True):
            assert message[:2] == b"F:" and message[2:34] == hashlib.sha256(data).digest()
            assert each == {"hash": message[2:34].hex(), "bytes": len(data)}
        return found

    @property
    def model(self):
        """The payload of the D message."""
        assert len(self.messages) == 1 and self.messages[0][:2] == b"D:", self.messages[0][:40]
        return json.loads(self.messages[0][2:])


LOADED = {}


def run_import(data=b"", *options, name=None, env=None, plain=False, seconds=120):
    """Reads a file whose bytes are given. The program is loaded once for all runs of this process, unless `plain` or
    variables are given: then it is started as the server does it, with a pipe."""
    arguments = [*([] if name is None else ["--name", name]), *options]
    if plain or env is not None:
        ran = subprocess.run([IMPORTER, *arguments], input=data, capture_output=True, env=env, timeout=seconds * SLOW,
                             check=False)
        return Import(ran.stdout, ran.returncode, ran.stderr)
    if "program" not in LOADED:
        LOADED["program"] = Forked(IMPORTER)
    try:
        status, output, errors = LOADED["program"].run(arguments, data, seconds * SLOW)
    except BaseException:
        del LOADED["program"]
        raise
    return Import(output, status, errors)


def import_file(path, *options, **more):
    path = Path(path)
    return run_import(path.read_bytes(), *options, name=path.name, **more)


def import_folder(folder, *names, **more):
    return run_import(b"", "--root", str(folder), *names, **more)
