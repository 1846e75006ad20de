# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What tools/soak runs: a daemon among busy, lagging, dying and lying peers."""
import contextlib
import json
import logging
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from chromium import CHROMIUM
from daemon import Daemon, wait_until
from peers import Browser, Kernel
from soak_edges import Graphics, Settings, Sizes, Terminals
from wire import TEXT, Closed, Wire, get

MESSAGES = Path(__file__).resolve().parents[1] / "data" / "messages"
MEASURE = Path(__file__).resolve().parents[1] / "data" / "measure"
SESSIONS = ["", "left", "right", "third"]
PIPES = 3    # of each helper that runs now and did not at the beginning
NOTHING = (MESSAGES / "nothing-model.msg").read_bytes()


def metric(port, name):
    """A number of /metrics."""
    text = get(port, "/metrics").body.decode()
    return int([line.split()[1] for line in text.splitlines() if line.startswith(f"cadcast_{name} ")][0])


class Soak:
    def __init__(self, minutes, graphics=True):
        self.home = Path(tempfile.mkdtemp(prefix="cadcast-soak-"))
        self.daemon = Daemon(self.home, "--log-level", "warning", "--stall-timeout", "5", "--ping-interval", "5",
                             "--ping-timeout", "5", "--max-sessions", "16", "--state-dir", self.home / "pictures",
                             "--log-file", self.home / "log", "--log-max-size", "1M")
        self.port = self.daemon.port
        self.end = time.monotonic() + minutes * 60
        # A quarter of a short run holds few rounds of the shows of every size.
        self.growth = 0.05 if minutes >= 10 else 0.25
        self.counts = {}
        self.faults = []
        self.samples = []
        self.heap = []
        self.models = [path.read_bytes() for path in sorted(MESSAGES.glob("*-model.msg"))]
        self.parts = [path.read_bytes() for path in sorted(MEASURE.glob("*-backend.msg"))]
        self.shown = {}    # by session: the models that its picture may be
        self.edges = [Sizes(self.port), Settings(self.daemon), Terminals(self.home)]
        if graphics:
            self.edges.append(Graphics(self.daemon, self.models))
        self.lock = threading.Lock()

    def going(self):
        return time.monotonic() < self.end and self.daemon.alive()

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def path(self, session):
        return f"/s/{session}/" if session else "/"

    # -- what happens, each in a thread of its own, again and again

    def show(self, dice, session):
        """A kernel shows a model and its parts, with settings and a status question."""
        kernel = Kernel(self.port, self.path(session))
        model = dice.choice(self.models)
        # If it is cut off now, the server may have it whole or not at all. With nothing to draw the picture stays.
        if model != NOTHING:
            self.shown[session] = [*self.shown.get(session, []), model[2:].decode()]
        kernel.send(model)
        kernel.config()
        del self.shown.get(session, [])[:-1]
        if dice.random() < 0.3:
            kernel.send(dice.choice(self.parts))
        if dice.random() < 0.3:
            kernel.send('S:{"config":{"axes":true}}')
        time.sleep(dice.random() * 0.05)  # a random moment

    def look(self, dice, session):
        """A browser comes, reads for a while, reports, measures and goes."""
        with Browser(self.port, self.path(session)) as browser:
            browser.settle()
            for _ in range(dice.randrange(5)):
                browser.say("status", {"selected": [], "zoom": dice.random()})
                if dice.random() < 0.3:
                    browser.say("status", {"selectedShapeIDs": ["/box/faces/faces_0", False], "activeTool": "PropertiesMeasurement"})
                browser.quiet(dice.random() * 0.2)
        get(self.port, dice.choice(["/viewer", "/sessions", "/healthz", "/metrics", "/static/page.js", "/nothing"]))

    def vanish(self, dice, session):
        """A browser's or kernel's machine is switched off in the middle."""
        wire = Wire(self.port).upgrade(self.path(session))
        if dice.random() < 0.5:
            wire.send_frame(TEXT, b"L:{}")
            wire.read(dice.randrange(200) + 1) if self.shown.get(session) else None
        else:
            wire.send_frame(2, dice.choice(self.models)[:5000], size=10_000_000)
        wire.reset()

    def lag(self, dice, session):
        """A browser that reads slowly, or stops reading."""
        with Wire(self.port) as wire:
            wire.upgrade(self.path(session))
            wire.send_frame(TEXT, b"L:{}")
            stop = time.monotonic() + dice.random() * 8
            wire.socket.settimeout(1)
            slow = dice.random() < 0.5
            while time.monotonic() < stop and self.going():
                if slow:
                    try:
                        wire.socket.recv(2000)
                    except TimeoutError:
                        pass
                time.sleep(0.05)  # it is that slow

    def garbage(self, dice, session):
        """Bytes that are no HTTP, no WebSocket, no message."""
        with Wire(self.port) as wire:
            stage = dice.randrange(4)
            if stage > 0:
                wire.upgrade(self.path(session))
            if stage == 2:
                wire.send_frame(TEXT, dice.choice([b"D:{", b"Q:", b"", b"U:[]", b"B:@@@@", b"S:{}", b"C:9", b"L:x"]))
            elif stage == 3:
                wire.send_frame(dice.randrange(16), dice.randbytes(dice.randrange(200)), reserved=dice.randrange(8))
            else:
                wire.send(dice.randbytes(dice.randrange(1, 3000)))
            wire.socket.settimeout(0.5)
            wire.socket.recv(1000)

    def measure_helper_dies(self, dice, session):
        """The helper for exact geometry is killed."""
        children = Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").read_text(encoding="ascii").split()
        if children:
            os.kill(int(dice.choice(children)), signal.SIGKILL)
        time.sleep(dice.random() * 2)  # a random moment

    def repeat(self, what, number, pause):
        dice = random.Random(f"{what.__name__} {number}")
        session = SESSIONS[number % len(SESSIONS)]
        while self.going():
            try:
                what(dice, session)
                self.count(what.__name__)
            except (Closed, TimeoutError, ConnectionError):
                self.count(what.__name__ + " cut off")
            except Exception as error:  # pylint: disable=broad-exception-caught
                if self.going():
                    self.faults.append(f"{what.__name__}: {type(error).__name__}: {str(error)[:300]}")
                    time.sleep(1)  # a fault that lasts is not noted a thousand times
            time.sleep(pause * dice.random())  # a random moment

    def repeat_edge(self, edge):
        """As repeat, for what is at the edges: there nothing may be cut off, and one fault is enough."""
        name = type(edge).__name__.lower()
        dice = random.Random(name)
        try:
            while self.going():
                edge.step(dice)
                self.count(name)
                time.sleep(0.2)  # leaves time for the others
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.faults.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
        finally:
            edge.end()

    def watch(self):
        while self.going():
            try:
                self.samples.append((time.monotonic(), self.daemon.rss(), self.daemon.descriptors()))
                if len(self.samples) % 20 == 0:
                    self.heap.append((metric(self.port, "heap_used_bytes"), metric(self.port, "heap_bytes")))
            except (OSError, TypeError):
                return
            time.sleep(1)  # a sample a second

    # -- the whole

    def run(self):
        jobs = [(self.show, n, 0.2) for n in range(4)] + [(self.look, n, 0.1) for n in range(4)]
        jobs += [(self.vanish, n, 0.3) for n in range(2)] + [(self.lag, n, 0.5) for n in range(3)]
        jobs += [(self.garbage, n, 0.1) for n in range(2)] + [(self.measure_helper_dies, 0, 5)]
        idle = self.daemon.descriptors()
        threads = [threading.Thread(target=self.repeat, args=job) for job in jobs]
        threads += [threading.Thread(target=self.repeat_edge, args=(edge,)) for edge in self.edges]
        threads.append(threading.Thread(target=self.watch))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.judge(idle)

    def settled(self, idle):
        """What surplus() gives when all peers have gone. The server may end the connection that asked last, and the
        pipes of a helper that died, a moment later."""
        def gone():
            return self.daemon.health()["browsers"] == 0 and self.connections() <= 1

        def closed():
            more, helpers = self.surplus(idle)
            return more <= PIPES * helpers

        wait_until(gone, 30, "all peers to be gone")
        with contextlib.suppress(AssertionError):
            wait_until(closed, 30)
        return self.surplus(idle)

    def surplus(self, idle):
        """Descriptors more than at the beginning, and the helpers that run."""
        helpers = len(Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").read_text(encoding="ascii").split())
        return self.daemon.descriptors() - idle, helpers

    def connections(self):
        return metric(self.port, "connections")

    def check_pictures(self):
        for session, models in self.shown.items():
            with Browser(self.port, self.path(session)) as late:
                if late.next() not in models:
                    self.faults.append(f"the picture of session {session or 'default'!r} is not the last one shown")

    def judge(self, idle):
        if not self.daemon.alive():
            print(self.daemon.log()[-3000:])
            print("FAIL: the daemon has ended")
            return 1
        self.check_pictures()
        more, helpers = self.settled(idle)
        memory = [rss for _, rss, _ in self.samples]
        quarter = len(memory) // 4
        second = statistics.mean(memory[quarter:2 * quarter] or memory)
        last = statistics.mean(memory[-quarter:] or memory)
        growth = last / second - 1
        if growth > self.growth:
            self.faults.append(f"resident memory grew by {growth:.1%} from the second quarter to the last")
        if more > PIPES * helpers:
            opened = [os.readlink(path) for path in Path(f"/proc/{self.daemon.pid}/fd").iterdir()]
            self.faults.append(f"{more} descriptors more than at the beginning, with {helpers} helpers: {opened}")
        status = self.daemon.stop()
        if status != 0:
            self.faults.append(f"ended with status {status}: {self.daemon.log()[-1000:]}")
        print(json.dumps(self.counts, indent=1, sort_keys=True))
        parts = [statistics.mean(memory[len(memory) * n // 8:len(memory) * (n + 1) // 8 or 1]) / 2**20 for n in range(8)]
        print("resident memory by eighths, MiB:", " ".join(f"{part:.1f}" for part in parts))
        heap = [self.heap[len(self.heap) * n // 8] for n in range(8)] if len(self.heap) > 8 else self.heap
        print("heap, used of all, MiB:", " ".join(f"{used / 2**20:.1f}/{whole / 2**20:.1f}" for used, whole in heap))
        print(f"resident memory: second quarter {second / 2**20:.1f} MiB, last {last / 2**20:.1f} MiB ({growth:+.1%}), "
              f"most {max(memory) / 2**20:.1f} MiB")
        print(f"descriptors: {more:+d} after all peers had gone, helpers running: {helpers}; most {max(s[2] for s in self.samples)}")
        for fault in self.faults[:20]:
            print("FAIL:", fault)
        return 1 if self.faults else 0


def main():
    # The WebSocket library reports what we provoke on purpose: ends in the middle of everything.
    logging.disable(logging.CRITICAL)
    graphics = "--no-graphics" not in sys.argv[2:]
    if graphics and not CHROMIUM.is_file():
        print(f"{CHROMIUM} is not there; with --no-graphics no browser loses its graphics")
        return 2
    soak = Soak(float(sys.argv[1]), graphics)
    try:
        return soak.run()
    finally:
        soak.daemon.kill()
        shutil.rmtree(soak.home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
