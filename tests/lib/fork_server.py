# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Imports modules, and then forks a process for each script that it is sent. To import build123d takes three
seconds of a processor, and to have done so proves nothing.

usage: fork_server.py FD MODULE...   FD is a socket of packets: a JSON object with code, cwd and env, and with it
                                     three descriptors, for output, errors, and a socket for what becomes of the
                                     process: a line with its id, and one with its exit status as subprocess has it
"""
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import types

MOST = 1 << 20


def become(order, output, errors):
    """What `python -c` would be with these."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.closerange(3, 256)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["-c"]
    sys.path[:1] = ["", *filter(None, order["env"].get("PYTHONPATH", "").split(":"))]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    exec(compile(order["code"], "<string>", "exec"), main.__dict__)


def serve(control):
    """Until the other end of the socket is closed. True in a process that was forked, once its script has ended."""
    running = {}  # a descriptor of the process: (its id, where its end is told)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready != control.fileno():
                pid, told = running.pop(ready)
                poll.unregister(ready)
                os.close(ready)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with contextlib.suppress(OSError):
                    told.sendall(f"{status}\n".encode())
                told.close()
                continue
            text, descriptors, _, _ = socket.recv_fds(control, MOST, 3)
            if not text:
                return
            pid = os.fork()
            if pid == 0:
                become(json.loads(text), *descriptors[:2])
                return
            told = socket.socket(fileno=descriptors[2])
            told.sendall(f"{pid}\n".encode())
            os.close(descriptors[0])
            os.close(descriptors[1])
            handle = os.pidfd_open(pid)
            running[handle] = pid, told
            poll.register(handle, select.POLLIN)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])))
