# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Faults of a cluster after which its members know different things: other masters, clocks, versions, networks."""
import time
from pathlib import Path

from cluster_fault import Fault
from cluster_places import Place, places_fault
from daemon import wait_until
from slow import PATIENCE

from engine import Engine, Sentinels

FAKETIME = next((str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


def move(line, engine):
    """It leads to that engine from now on."""
    line.target = engine.port
    line.cut()
    line.mend()


class OldReplica(Fault):
    """Two engines, of which the second one is a replica. It falls behind, and is made the master."""

    name = "an old replica becomes the master"

    def __init__(self, cluster):
        super().__init__(cluster)
        self.first = cluster.engine
        self.second = None

    def prepare(self):
        self.second = Engine(self.cluster.folder / "second")
        self.second.say("CONFIG", "SET", "masterauth", self.second.say("CONFIG", "GET", "requirepass").split()[-1])

    def follow(self):
        self.second.say("REPLICAOF", "127.0.0.1", self.first.port)
        wait_until(lambda: "master_link_status:up" in self.second.say("INFO", "replication"), what="the replica is in step")

    def begin(self):
        self.follow()
        self.second.say("REPLICAOF", "NO", "ONE")

    def end(self):
        self.first.stop()
        for node in self.cluster.nodes:
            move(node.line, self.second)
        self.cluster.engine = self.second

    def close(self):
        """Back to the first one, which is empty."""
        self.first.start()
        self.cluster.engine = self.first
        for node in self.cluster.nodes:
            move(node.line, self.first)

    def release(self):
        self.first.stop()
        if self.second is not None:
            self.second.stop()


class TwoMasters(OldReplica):
    name = "a partition with a master on each side, then healed"

    def begin(self):
        super().begin()
        move(self.cluster.nodes[0].line, self.second)
        wait_until(self.cluster.nodes[0].ready, what="it is at the other master")

    def end(self):
        move(self.cluster.nodes[0].line, self.first)

    def close(self):
        pass


class ClockApart(Fault):
    """The node whose clock is behind shows last, and has to win all the same."""

    name = "a node's clock is 90 s behind"
    offset = -90

    def __init__(self, cluster):
        super().__init__(cluster)
        self.node = cluster.nodes[1]

    def prepare(self):
        if FAKETIME is None:
            raise LookupError("Debian's package faketime is not installed")
        self.node.kill()
        self.node.variables = {"LD_PRELOAD": FAKETIME, "FAKETIME": f"{self.offset:+d}s",
                               "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.node.start()
        wait_until(self.node.ready, what="it is at the engine")
        assert self.node.daemon.lines("this machine's clock is "), "the log does not say so"


class ClockAhead(ClockApart):
    name = "a node's clock is 90 s ahead"
    offset = 90

    def shows_at(self):
        return self.cluster.nodes[1::-1]


class VersionsApart(Fault):
    """A newer version has fields of its own in the hashes; they have to stay."""

    name = "a newer version wrote fields that this one does not know"

    def begin(self):
        for key in self.cluster.engine.say("KEYS", "*}:[sc]").split():
            self.cluster.engine.say("HSET", key, "invented", "later")

    def end(self):
        for key in self.cluster.engine.say("KEYS", "*}:s").split():
            assert self.cluster.engine.say("HGET", key, "invented") == "later", f"{key} has lost a field"


class Partition(Fault):
    """A node in a network namespace of its own, whose link to the engine goes down."""

    name = "a partition: a network namespace whose link is down for 4 s"
    hold = 4

    def __init__(self, cluster):
        super().__init__(cluster)
        self.node = cluster.nodes[0]
        self.place = None

    def prepare(self):
        fault = places_fault()
        if fault:
            raise LookupError(fault)
        self.place = Place()
        self.node.kill()
        self.node.place = self.place
        self.node.start()
        wait_until(self.node.ready, what="it is at the engine")

    def begin(self):
        self.place.down()

    def end(self):
        self.place.up()

    def release(self):
        if self.place is not None:
            self.place.close()


class FailOver(Fault):
    """The nodes know three Sentinels and no engine. The master is killed, and comes back as a replica of the new one."""

    name = "the master is killed, and three Sentinels name another one"
    hold = 0

    def __init__(self, cluster):
        super().__init__(cluster)
        self.sentinels = None
        self.lost = None
        self.again = 0.0  # when they begin another fail-over at the earliest

    def prepare(self):
        self.sentinels = Sentinels(self.cluster.folder / "sentinels")
        for node in self.cluster.nodes:
            node.kill()
            node.url = self.sentinels.url
            node.start()
        self.cluster.wait_ready()

    def begin(self):
        time.sleep(max(0, self.again - time.monotonic()))  # before, they would only wait
        self.lost = self.sentinels.now()
        self.lost.stop()
        self.again = time.monotonic() + 2 * self.sentinels.TIMEOUT + 1

    def close(self):
        wait_until(lambda: self.sentinels.now() is not self.lost, what="another master")
        self.lost.start()
        wait_until(self.sentinels.whole, 2 * PATIENCE, "the old master is a replica")

    def release(self):
        if self.sentinels is not None:
            self.sentinels.stop()
