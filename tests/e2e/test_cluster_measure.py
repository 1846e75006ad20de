# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Exact geometry at the nodes of a cluster: it travels by its hash, and nodes without a helper ask others."""
import json

import pytest
from conftest import recorded
from daemon import wait_equal, wait_good, wait_until
from measure_helper import program
from peers import Browser
from wire import get

from cluster import show

OURS = '{"viewer":"cadcast","id":"page"}'
FACE = "PropertiesMeasurement", ["/Group/Solid/faces/faces_0", False]


@pytest.fixture
def measuring(start, engine, tmp_path):
    """A function that starts a node, with the real helper or without one."""

    def start_node(name, helper=True):
        variables = {"CADCAST_GEOMETRY": program() if helper else str(tmp_path / "none")}
        running = start("--cluster", engine.url, "--node-name", name, variables=variables, home=tmp_path / name)
        if helper and not json.loads(get(running.port, "/status").body)["measuring"]:
            pytest.skip("cadcast-geometry is not built here")
        wait_until(lambda: running.lines("shares its sessions"), what=f"{name} is at the engine")
        return running

    return start_node


def ask(node, question=FACE):
    """What a page of the session is answered."""
    tool, ids = question
    with Browser(node.port, "/s/gear/", hello=OURS) as page:
        page.say("status", {"activeTool": tool})
        page.say("status", {"selectedShapeIDs": ids})
        return json.loads(wait_good(page.next, lambda message: '"backend_response"' in message, what="an answer"))


def answer(node, question=FACE):
    """The same, once what it is about has arrived."""
    return wait_good(lambda: ask(node, question), lambda found: "error" not in found, what="a measurement")


def way(node):
    """How its pages measure."""
    with Browser(node.port, "/s/gear/", hello=OURS) as page:
        hello = wait_good(page.next, lambda message: '"hello"' in message, what="the greeting")
        return json.loads(hello)["measure"]


def test_geometry_travels_with_the_model_and_is_fetched_once_it_is_needed(measuring, engine):
    a, b = measuring("a"), measuring("b")
    show(a, recorded("box-model"))
    show(a, recorded("box-backend"))
    right = answer(a)
    assert answer(b) == right
    received = b.metric("cluster_received_bytes_total")
    assert ask(b) == right
    assert b.metric("cluster_received_bytes_total") - received < len(recorded("box-backend")), "it was fetched again"
    assert b.metric("cluster_asked_total") == 0
    # Of the next model, not of this one.
    show(a, recorded("bracket-model"))
    wait_until(lambda: engine.say("HGET", "cad1:{gear}:s", "parts") == "", what="the geometry is of no model")
    wait_good(lambda: ask(b), lambda found: "error" in found, what="nothing to measure")


def drop_geometry(engine):
    """The engine forgets the pieces of it, once it has them."""
    content = wait_good(lambda: engine.say("HGET", "cad1:{gear}:s", "parts"), bool, what="the geometry is at the engine")
    assert engine.say("DEL", f"cad1:{{gear}}:b:{content}:0") == "1"


def test_geometry_whose_pieces_are_lost_comes_from_a_node_that_has_it(measuring, engine):
    a, b, c = measuring("a", False), measuring("b"), measuring("c")
    show(a, recorded("box-model"))
    show(a, recorded("box-backend"))
    drop_geometry(engine)
    right = answer(a)
    assert b.metric("cluster_answered_total") + c.metric("cluster_answered_total") > 0
    drop_geometry(engine)
    assert answer(b) == right
    # A page that measures at the third node is told that nobody has it, instead of waiting.
    with Browser(c.port, "/s/gear/", hello=OURS) as page:
        wait_good(page.next, lambda message: '"model"' in message, what="the picture")
    drop_geometry(engine)
    for node in a, b:
        node.kill()
        node.status = 0  # it was meant to end so
    assert "error" in ask(c)


def test_a_node_without_a_helper_asks_one_that_has_one_and_then_the_next(measuring):
    a, b, c = measuring("a", False), measuring("b"), measuring("c")
    wait_equal(lambda: way(a), "exact")
    show(a, recorded("box-model"))
    assert ask(a)["error"] == "there is no exact geometry for this model"
    show(a, recorded("box-backend"))
    right = answer(a)
    assert right["tool_type"] == FACE[0] and "area" in str(right["result"])
    for _ in range(3):
        assert ask(a) == right
    asked = {node: node.metric("cluster_answered_total") for node in (b, c)}
    assert sorted(asked.values()) == [0, 4], "one node reads a geometry"
    first = max(asked, key=asked.get)
    other = b if first is c else c
    first.kill()
    first.status = 0  # it was meant to end so
    assert ask(a) == right
    assert other.metric("cluster_answered_total") == 1
    # Who has the picture itself answers from what it has.
    assert answer(other) == right
    other.kill()
    other.status = 0
    assert "no server" in ask(a)["error"]
