# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Faults of a cluster: of its nodes, of the engine, and of the lines between them."""
import random
import signal
import threading


class Fault:
    """One row. `cluster` has three nodes; the fault is between begin() and end()."""

    hold = 1.0  # seconds that it lasts

    def __init__(self, cluster):
        self.cluster = cluster

    def prepare(self):
        """Before the first round. LookupError: it cannot be injected here."""

    def begin(self):
        pass

    def end(self):
        pass

    def shows_at(self):
        """The nodes at which something is shown while it lasts, the last one wins."""
        return self.cluster.nodes[:2]

    def close(self):
        """After a round."""

    def release(self):
        """After the last round and the end of the cluster, also if that failed: what would outlive them goes."""


class Nothing(Fault):
    name = "nothing (for comparison)"


class NodeKilled(Fault):
    name = "a node is killed, after its show had arrived"
    hold = 0

    def begin(self):
        self.cluster.nodes[0].kill()

    def shows_at(self):
        return []

    def close(self):
        self.cluster.nodes[0].start()


class NodeHangs(Fault):
    name = "a node hangs for 3 s (SIGSTOP)"
    hold = 3

    def begin(self):
        self.cluster.nodes[2].stop()

    def end(self):
        self.cluster.nodes[2].go_on()


class EngineKilled(Fault):
    name = "the engine is killed and started"

    def begin(self):
        self.cluster.engine.stop()

    def end(self):
        self.cluster.engine.start()


class EngineHangs(Fault):
    name = "the engine hangs for 4 s (SIGSTOP)"
    hold = 4

    def begin(self):
        self.cluster.engine.signal(signal.SIGSTOP)

    def end(self):
        self.cluster.engine.signal(signal.SIGCONT)


class EngineSleeps(Fault):
    name = "the engine sleeps for 5 s (DEBUG SLEEP)"
    hold = 5

    def begin(self):
        threading.Thread(target=self.cluster.engine.say, args=("DEBUG", "SLEEP", 5), daemon=True).start()


class ClientsKilled(Fault):
    name = "the engine ends all connections (CLIENT KILL)"

    def begin(self):
        self.cluster.engine.say("CLIENT", "KILL", "TYPE", "pubsub")
        self.cluster.engine.say("CLIENT", "KILL", "TYPE", "normal")


class EngineFull(Fault):
    name = "the engine has no memory (maxmemory)"

    def begin(self):
        self.cluster.engine.say("CONFIG", "SET", "maxmemory", 1)

    def end(self):
        self.cluster.engine.say("CONFIG", "SET", "maxmemory", 0)


class EngineEmptied(Fault):
    name = "the engine forgets everything (FLUSHALL)"
    hold = 0

    def begin(self):
        self.cluster.engine.say("FLUSHALL")

    def shows_at(self):
        return []


class PiecesDropped(Fault):
    name = "the engine forgets all pieces; then a page comes at a third node"
    hold = 0

    def begin(self):
        keys = self.cluster.engine.say("KEYS", "*:b:*").split()
        if keys:
            self.cluster.engine.say("DEL", *keys)

    def shows_at(self):
        return []


class LineFault(Fault):
    """The line of a node to the engine is bad, until the end."""

    def spoil(self, line):
        raise NotImplementedError

    def begin(self):
        self.spoil(self.cluster.nodes[0].line)

    def end(self):
        self.cluster.nodes[0].line.mend()


class LineCut(LineFault):
    name = "a node's line to the engine is cut"

    def spoil(self, line):
        line.cut()


class LineSilent(LineFault):
    name = "a node's line loses everything for 4 s"
    hold = 4

    def spoil(self, line):
        line.hang()


class LineHalves(LineFault):
    name = "a node's line ends in the middle of a message"

    def spoil(self, line):
        line.halve(random.randrange(1, 1500))


class LineSlow(LineFault):
    """Also while they agree."""

    name = "a node's line is 150 ms late and carries 300 kB/s"

    def spoil(self, line):
        line.delay = 0.15
        line.rate = 300e3

    def end(self):
        pass

    def close(self):
        self.cluster.nodes[0].line.mend()
