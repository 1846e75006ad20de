# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A TCP proxy as a bad line: late, narrow, silent, cut, or ending in the middle of what is said."""
import socket
import struct
import threading
import time

NOW = struct.pack("ii", 1, 0)  # of SO_LINGER: RST instead of FIN


class Line:
    """From a port of its own to another one. All of it may be changed while it is used."""

    def __init__(self, target, host="127.0.0.1"):
        self.target = target
        self.delay = 0.0  # seconds that each part is late
        self.rate = 0.0  # bytes a second; 0: no limit
        self.left = None  # bytes until it ends in the middle; None: it does not
        self.passed = 0  # bytes, both ways
        self.flows = threading.Event()  # otherwise nothing passes, as if packets were lost
        self.flows.set()
        self.whole = True  # otherwise connections are refused
        self.lock = threading.Lock()
        self.open = set()
        self.server = socket.create_server((host, 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _connect(self):
        try:
            far = socket.create_connection(("127.0.0.1", self.target), 5) if self.whole else None
        except OSError:
            return None
        if far is not None:
            far.settimeout(None)
        return far

    def _accept(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            target, far = self.target, self._connect()
            if far is None:
                self._end(near)
                continue
            with self.lock:
                self.open |= {near, far}
            if not self.whole or target != self.target:  # cut meanwhile
                self._end(near, far)
                continue
            for pair in (near, far), (far, near):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, giver, taker):
        try:
            giver.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := giver.recv(1 << 16):
                late = self.delay + (len(data) / self.rate if self.rate else 0)
                if late:
                    time.sleep(late)  # the line is that slow
                self.flows.wait()
                if self.left is not None:
                    data, self.left = data[:self.left], self.left - len(data)
                self.passed += len(data)
                taker.sendall(data)
                if self.left is not None and self.left <= 0:
                    self.left = None
                    break
        except OSError:
            pass
        self._end(giver, taker)

    def _end(self, *sockets):
        with self.lock:
            self.open -= set(sockets)
        for each in sockets:
            try:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def cut(self):
        """Every connection ends, and new ones are refused until mend()."""
        self.whole = False
        self.flows.set()
        self._end(*list(self.open))

    def hang(self):
        """Nothing passes until mend(), and nobody is told."""
        self.flows.clear()

    def halve(self, size):
        """The connection that carries the byte after `size` more ends there."""
        self.left = size

    def mend(self):
        self.delay = self.rate = 0.0
        self.left = None
        self.whole = True
        self.flows.set()

    def close(self):
        self.server.close()
        self.cut()
