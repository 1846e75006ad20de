# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Python processes that have the heavy modules of their environment from the first moment: forked from one that has
imported them (fork_server.py), one for each environment."""
import json
import os
import selectors
import signal
import socket
import subprocess
import time
from pathlib import Path

# What a client's users import first, and what takes nearly all of the time.
HEAVY = {"clients": ["build123d"], "cadquery": ["cadquery"], "legacy": ["build123d"]}
servers = {}


def server(python, env):
    """The socket of the server of that environment; it ends with this process."""
    name = Path(python).parents[1].name
    if name not in servers:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            subprocess.Popen(
                [python, Path(__file__).with_name("fork_server.py"), str(theirs.fileno()), *HEAVY.get(name, [])],
                stdin=subprocess.DEVNULL, env=env, pass_fds=[theirs.fileno()])
        servers[name] = ours
    return servers[name]


class Forked:
    """What `python -c code` would be, as subprocess.Popen has it with pipes for output and errors."""

    def __init__(self, python, code, cwd, env):
        self.returncode = None
        (out, out_end), (errors, errors_end) = os.pipe(), os.pipe()
        self.told, told_end = socket.socketpair()
        self.pipes = {out: [], errors: []}
        order = json.dumps({"code": code, "cwd": str(cwd), "env": env}).encode()
        with told_end:
            socket.send_fds(server(python, env), [order], [out_end, errors_end, told_end.fileno()])
        os.close(out_end)
        os.close(errors_end)
        self.lines = self.told.makefile("r")
        self.pid = int(self.lines.readline())

    def wait(self, timeout=None):
        if self.returncode is None:
            with selectors.DefaultSelector() as ready:
                ready.register(self.told, selectors.EVENT_READ)
                if not ready.select(timeout):
                    raise subprocess.TimeoutExpired("python", timeout)
            self.returncode = int(self.lines.readline())
            self.told.close()
        return self.returncode

    def poll(self):
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout=None):
        """(output, errors), both up to their end; where it does not come in time, what came stays to be read."""
        end = None if timeout is None else time.monotonic() + timeout
        with selectors.DefaultSelector() as ready:
            for pipe in self.pipes:
                ready.register(pipe, selectors.EVENT_READ)
            while ready.get_map():
                left = None if end is None else max(0, end - time.monotonic())
                found = ready.select(left)
                if not found:
                    raise subprocess.TimeoutExpired("python", timeout)
                for key, _ in found:
                    data = os.read(key.fd, 1 << 16)
                    self.pipes[key.fd].append(data)
                    if not data:
                        ready.unregister(key.fd)
        self.wait(None if end is None else max(0.1, end - time.monotonic()))
        texts = tuple(b"".join(parts).decode(errors="replace") for parts in self.pipes.values())
        for pipe in self.pipes:
            os.close(pipe)
        self.pipes = {}
        return texts
