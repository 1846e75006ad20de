# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A few random histories of a cluster and each fault once; tools/cluster-histories and tools/cluster-faults have many."""
import os
import subprocess
import time

import cluster_faults
import cluster_history
import pytest
from cluster_nodes import CLEAR, Cluster, model
from cluster_places import places_fault
from daemon import PROGRAM, wait_until

# 2010: a clear at a node whose line was cut won over a later show at another one.
# 10100: of two shows only what the engine told of them was left; pages at one node had those before, at others none.
# 13111: beside other work, a node that came back with its state folder had a show that was cleared elsewhere.
# 41010: a time that a node had from another one stayed there, when its own animation came to the engine later.
SEEDS = 7, 204, 2010, 10100, 13111, 41010


@pytest.mark.parametrize("seed", SEEDS)
def test_nodes_agree_after_random_faults(seed):
    fault = cluster_history.run(seed)
    assert fault is None, fault


def test_a_clear_is_not_lost_while_the_engine_cannot_be_reached(tmp_path):
    with Cluster(tmp_path, 2) as cluster:
        one, other = cluster.nodes
        one.send("gear", model(1))
        wait_until(lambda: other.sees("gear")[0] == 1, what="it is at both")
        one.line.cut()
        wait_until(lambda: not one.ready(), what="the line is cut")
        one.send("gear", CLEAR)
        time.sleep(6)  # longer than an empty session is kept
        one.line.mend()
        wait_until(lambda: {node.sees("gear")[0] for node in cluster.nodes} == {None}, what="it is cleared at both")


def test_a_row_that_fails_leaves_no_namespace(tmp_path, monkeypatch):
    def fails(*_):
        raise AssertionError("as if nodes did not agree")

    fault = places_fault()
    if fault:
        pytest.skip(fault)
    monkeypatch.setattr(cluster_faults, "one_round", fails)
    with pytest.raises(AssertionError, match="as if"):
        cluster_faults.run_row(cluster_faults.Partition, tmp_path, 1)
    left = subprocess.run(["ip", "netns"], check=True, capture_output=True, text=True).stdout
    assert f"cad-{os.getpid()}-" not in left


@pytest.mark.parametrize("name", ["OldReplica", "Partition", "FailOver", "VersionsApart", "ClockApart"])
def test_no_fault_loses_a_show(name, tmp_path):
    if name == "ClockApart" and ("asan" in str(PROGRAM) or "tsan" in str(PROGRAM)):
        pytest.skip("a sanitizer wants to be the first library, before the one that shifts the clock")
    found = cluster_faults.run_row(getattr(cluster_faults, name), tmp_path, 1)
    if "skipped" in found:
        pytest.skip(found["skipped"])
    assert found["lost"] == 0
