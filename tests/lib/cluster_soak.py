# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What tools/cluster-soak runs: three nodes with many sessions for minutes, and a fault every 20 s. After each fault all
pages of all sessions have to agree; the memory of nodes and engine, once histories are full, has to stay as it is."""
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from cluster_nodes import Cluster, Page, gone, model, settings
from daemon import wait_until
from slow import PATIENCE

SESSIONS = [f"s{i}" for i in range(20)]
EVERY = 20  # seconds between two faults
HISTORY = 4  # pictures of a session that a node keeps besides the last one
MODELS = 1 << 12, 1 << 12, 1 << 12, 1 << 18, 1 << 20  # bytes, more or less
GROWTH = 0.10


class Soak:
    def __init__(self, minutes, folder):
        self.cluster = Cluster(folder, 3, "--history", str(HISTORY))
        self.minutes = minutes
        self.end = 0.0
        self.dice = random.Random(1)
        self.last = {}  # session -> number of the newest show, its node and life
        self.counts = {}
        self.faults = []
        self.samples = []
        self.numbers = 0
        self.quiet = threading.Event()  # nothing is shown meanwhile
        self.lock = threading.Lock()

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    # -- work

    def fill(self):
        """Every session's history is full at every node, of the largest models: then memory does not grow because larger
        ones replace smaller ones."""
        self.quiet.set()
        time.sleep(1)  # what is being sent has arrived then
        for session in SESSIONS:
            pages = [Page(node, session) for node in self.cluster.nodes]
            for _ in range(HISTORY + 2):
                self.fill_more(session, pages)
            for page in pages:
                page.close()
        self.quiet.clear()

    def fill_more(self, session, pages):
        node = self.cluster.nodes[0]
        with self.lock:
            self.numbers += 1
            number = self.numbers
        self.last[session] = (number, node.name, node.life)
        node.send(session, model(number, max(MODELS)))
        wait_until(lambda: all(page.look() and (page.seen.model or 0) >= number for page in pages), 2 * PATIENCE,
                   "a model is at all nodes")

    def work(self, number):
        """Kernels and pages of some sessions."""
        dice = random.Random(number)
        while time.monotonic() < self.end:
            if self.quiet.is_set():
                time.sleep(0.1)  # while pictures are compared
                continue
            session = dice.choice(SESSIONS[number::4])
            node = dice.choice(self.cluster.nodes)
            if node.up:
                try:
                    self.step(dice, session, node)
                except Exception as error:  # pylint: disable=broad-exception-caught
                    if not gone(error) and not isinstance(error, (AssertionError, AttributeError)):
                        self.faults.append(f"{type(error).__name__}: {error}")
                    self.count("cut off")
            time.sleep(dice.random() * 0.2)  # a random moment

    def step(self, dice, session, node):
        if dice.random() < 0.5:
            with self.lock:
                self.numbers += 1
                number, life = self.numbers, node.life
            self.last[session] = (number, node.name, life)
            node.send(session, model(number, dice.choice(MODELS)))
            self.count("shows")
        elif dice.random() < 0.5:
            node.send(session, settings(ticks=dice.randrange(100)))
            self.count("changes")
        else:
            page = Page(node, session)
            time.sleep(dice.random())  # it looks for a while
            page.look()
            page.close()
            self.count("pages")

    # -- faults

    def fault(self):
        cluster = self.cluster
        node = self.dice.choice(cluster.nodes)
        what = self.dice.choice(["kill", "stop", "engine", "engine stop", "flush", "clients", "cut", "hang", "halve", "narrow"])
        self.count("fault: " + what)
        acts = {"kill": node.kill, "stop": node.stop, "engine": cluster.engine.stop, "engine stop": lambda: cluster.engine.signal(19),
                "flush": lambda: cluster.engine.say("FLUSHALL"), "clients": lambda: cluster.engine.say("CLIENT", "KILL", "TYPE", "normal"),
                "cut": node.line.cut, "hang": node.line.hang, "halve": lambda: node.line.halve(500),
                "narrow": lambda: setattr(node.line, "rate", 500e3)}
        acts[what]()
        time.sleep(self.dice.choice((0.5, 3)))  # the fault lasts
        cluster.mend()
        cluster.wait_ready()
        if what == "kill":
            self.fill()

    def agree(self):
        """All sessions at all nodes, and the newest show of each, if its node still has it."""
        self.quiet.set()
        time.sleep(1)  # what is being sent has arrived then
        lives = {(node.name, node.life) for node in self.cluster.nodes}
        for session in SESSIONS:
            newest = self.last.get(session)
            seen = []

            def good(session=session, newest=newest, seen=seen):
                seen[:] = [node.sees(session) for node in self.cluster.nodes]
                right = newest is None or newest[1:] not in lives or seen[0][0] == newest[0]
                return right and len(set(seen)) == 1

            try:
                wait_until(good, 2 * PATIENCE, "agreement")
            except AssertionError:
                self.faults.append(f"{session}: {newest} {seen}")
        self.quiet.clear()

    def measure(self):
        """Memory when nothing happens: of the nodes, since each began, and of the engine."""
        used = [line for line in self.cluster.engine.say("INFO", "memory").splitlines() if line.startswith("used_memory:")]
        self.samples.append(([(node.name, node.life, node.daemon.rss()) for node in self.cluster.nodes],
                             int(used[0].split(":")[1])))

    def run(self):
        with self.cluster:
            self.fill()
            self.measure()
            print("full:", [rss for _, _, rss in self.samples.pop()[0]], flush=True)
            self.end = time.monotonic() + 60 * self.minutes
            threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(4)]
            for thread in threads:
                thread.start()
            while time.monotonic() + EVERY < self.end:
                time.sleep(EVERY)  # a fault every so often
                self.fault()
                self.agree()
                self.measure()
            self.end = 0
            for thread in threads:
                thread.join()
            return self.judge()

    def judge(self):
        print(self.counts)
        third = max(1, len(self.samples) // 3)
        engine = [used / 2**20 for _, used in self.samples]
        rss = [statistics.mean(each[2] for each in nodes) / 2**20 for nodes, _ in self.samples]
        for what, values in (("engine's memory", engine), ("a node's memory, mean of three", rss)):
            middle, last = statistics.mean(values[third:2 * third] or values), statistics.mean(values[-third:])
            print(f"{what}, MiB: middle third {middle:.1f}, last third {last:.1f} ({last / middle - 1:+.1%}), most {max(values):.1f}")
            print("  " + " ".join(f"{each:.1f}" for each in values))
            if last > middle * (1 + GROWTH) + 2 and len(values) >= 9:
                self.faults.append(f"{what} grew")
        for fault in self.faults[:20]:
            print("FAIL:", fault)
        print(f"{len(self.samples)} faults, {len(self.faults)} failures")
        return 1 if self.faults else 0


def main():
    folder = Path(tempfile.mkdtemp(prefix="cadcast-cluster-soak-"))
    try:
        return Soak(float(sys.argv[1]), folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
