# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Servers that find the engine through Redis Sentinels, and follow them to another one."""
import json

import pytest
from daemon import wait_equal, wait_until
from wire import get

from cluster import BOX, BRACKET, picture, show
from engine import Sentinels


@pytest.fixture(scope="module")
def sentinels(tmp_path_factory):
    running = Sentinels(tmp_path_factory.mktemp("engines"))
    yield running
    running.stop()


def engine_of(node):
    return json.loads(get(node.port, "/status").body)["cluster"]


def test_a_master_that_no_sentinel_knows_is_said(start, sentinels):
    url = sentinels.url.replace("/main", "/other")
    alone = start("--cluster", url)
    wait_until(lambda: alone.lines("it does not know the master"), what="the reason")
    assert sentinels.PASSWORD not in alone.log()
    show(alone, BOX)
    assert picture(alone) == ["box"]


def test_nodes_follow_the_master(start, sentinels, tmp_path):
    names = "a", "b"
    a, b = (start("--cluster", sentinels.url, "--node-name", name, home=tmp_path / name) for name in names)
    show(a, BOX)
    wait_equal(lambda: picture(b), ["box"])
    assert engine_of(b)["engine"] == f"127.0.0.1:{sentinels.master.port}"
    # It is there, and a replica: whoever would use it is told so.
    alone = start("--cluster", sentinels.replicas[0].url, "--node-name", "alone", home=tmp_path / "alone")
    wait_until(lambda: alone.lines("it is a replica"), what="a replica is no engine")
    sentinels.master.stop()
    show(b, BRACKET)
    new = [f"127.0.0.1:{replica.port}" for replica in sentinels.replicas]
    wait_until(lambda: all(engine_of(node)["connected"] and engine_of(node)["engine"] in new for node in (a, b)),
               what="another master")
    wait_equal(lambda: picture(a), ["bracket"])
    # The old one comes back, and is a master for a moment: nobody goes there.
    sentinels.master.start()
    show(a, BOX)
    wait_equal(lambda: picture(b), ["box"])
    assert engine_of(a)["engine"] in new
