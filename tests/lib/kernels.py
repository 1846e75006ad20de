# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Runs scripts with the real Python clients, as their users do."""
import json
import subprocess
import textwrap

from daemon import CACHE, environment
from forked import Forked
from slow import SLOW

# Put before each script. The clients stay as they are; below them, in the WebSocket library, it
# is noted what goes over the wire. A script may wait for a condition.
HEAD = """
import atexit, hashlib, json, time
from websockets.sync.connection import Connection
result, sent, _send = {}, [], Connection.send
def _note(self, data, *args, **more):
    raw = data if isinstance(data, bytes) else data.encode()
    sent.append([raw[:1].decode(), len(raw), hashlib.sha256(raw[2:]).hexdigest()])
    return _send(self, data, *args, **more)
Connection.send = _note
def wait(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)  # a poll
atexit.register(lambda: print("RESULT " + json.dumps([result, sent], default=str)))
"""


class Script:
    """A Python process with a client's packages; `home` holds the registry it finds us in."""

    def __init__(self, packages, code, home, **variables):
        python = CACHE / packages / "bin" / "python"
        assert python.is_file(), f"{python} is missing: tools/test makes it"
        self.process = Forked(
            python, HEAD + textwrap.dedent(code), home, environment(home, MPLBACKEND="Agg", **variables))

    def finish(self, seconds=120):
        """(what the script put into `result`, [kind, bytes, sha256] of each message, output)"""
        try:
            output, errors = self.process.communicate(timeout=seconds * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, errors = self.process.communicate()
            raise AssertionError(f"the client hangs\n{output}\n{errors}") from None
        assert self.process.returncode == 0, f"{output}\n{errors}"
        line = [line for line in output.splitlines() if line.startswith("RESULT ")][-1]
        result, sent = json.loads(line[7:])
        return result, sent, output + errors


def run(packages, code, home, **variables):
    return Script(packages, code, home, **variables).finish()
