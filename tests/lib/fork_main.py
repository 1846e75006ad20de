# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Runs a program many times and loads it once (fork_main.c)."""
import array
import atexit
import os
import signal
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("fork_main.c")


def in_memory(data=b""):
    """A descriptor from which that is read; what is written stays there."""
    fd = os.memfd_create("run")
    with open(os.dup(fd), "wb") as file:
        file.write(data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class Forked:
    """A program that is loaded."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(prefix="cadcast-fork-")
        library = Path(self.folder.name) / "fork_main.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE], check=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        variables = {**os.environ, "LD_PRELOAD": str(library), "CADCAST_FORK_MAIN": str(theirs.fileno()),
                     "LD_BIND_NOW": "1"}
        # A sanitizer wants to come first; it works all the same.
        variables["ASAN_OPTIONS"] = f"{variables.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0"
        with theirs:
            self.process = subprocess.Popen([program], env=variables, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
                                            start_new_session=True)
        self.socket = ours
        atexit.register(self.close)

    def run(self, arguments, data, seconds):
        """(status, output, errors), the status as subprocess has it; it raises TimeoutError."""
        files = [in_memory(data), in_memory(), in_memory()]
        try:
            text = b"".join(str(each).encode() + b"\0" for each in (self.process.args[0], *arguments))
            self.socket.settimeout(seconds)
            self.socket.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))])
            (status,) = struct.unpack("i", self.socket.recv(4))
            return os.waitstatus_to_exitcode(status), *(self._content(each) for each in files[1:])
        except BaseException:
            self.close()
            raise
        finally:
            for each in files:
                os.close(each)

    @staticmethod
    def _content(fd):
        with open(os.dup(fd), "rb") as file:
            file.seek(0)
            return file.read()

    def close(self):
        atexit.unregister(self.close)
        self.socket.close()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.folder.cleanup()
