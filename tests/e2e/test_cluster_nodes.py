# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What nodes of a cluster know of each other: who is there, and which sessions they have."""
import json
import subprocess

from daemon import PROGRAM, environment, wait_equal, wait_good, wait_until
from peers import Browser
from slow import PATIENCE, SLOW
from wire import get

from cluster import BOX, Page, picture, show


def nodes(node):
    return json.loads(get(node.port, "/status").body)["cluster"]["nodes"]


def names(node):
    return sorted(each["name"] for each in nodes(node))


def row(node, session="gear"):
    """Of the list of sessions; None: the session is not in it."""
    rows = json.loads(get(node.port, "/api/v1/sessions").body)["sessions"]
    return next((each for each in rows if each["name"] == session), None)


def test_nodes_know_each_other(node, engine, tmp_path):
    a, b = node("a"), node("b")
    wait_equal(lambda: names(a), ["a", "b"])
    wait_equal(lambda: a.metric("cluster_nodes"), 2)
    other = next(each for each in nodes(b) if each["name"] == "a")
    assert str(a.port) in other["address"] and other["version"] == nodes(a)[0]["version"] and other["age"] <= 10
    told = subprocess.run([PROGRAM, "status", "--port", str(b.port)], env=environment(tmp_path / "b"), text=True,
                          capture_output=True, check=False, timeout=PATIENCE * SLOW).stdout
    assert "node b, through 127.0.0.1" in told and other["address"] in told
    # One that has gone is not there, and its line goes too.
    engine.say("HSET", "cad1:nodes", "ghost", "1000 {}")
    engine.say("HSET", "cad1:nodes", "liar", "x" * 100)
    engine.say("DEL", "cad1:sweep")
    c = node("c")
    wait_until(lambda: engine.say("HEXISTS", "cad1:nodes", "ghost") == "0", what="it is swept")
    wait_equal(lambda: names(c), ["a", "b", "c"])


def test_a_session_of_another_node_is_listed_and_can_be_opened(node, engine):
    a, b = node("a"), node("b")
    listing = Browser(b.port, hello='{"viewer":"sessions"}')
    page = Page(a)
    show(a, BOX)
    found = wait_good(lambda: row(b), lambda found: found and found["models"] and found["browsers"], what="the row")
    assert (found["kernel"], found["model"], found["browsers"]) == ("node a", True, 1)
    assert found["models"] == row(a)["models"]
    wait_good(listing.next, lambda message: '"gear"' in message and '"node a"' in message, what="the page's list")
    page.close()
    wait_equal(lambda: row(b)["browsers"], 0)
    assert b.metric("cluster_heard_total") == 0
    wait_equal(lambda: picture(b), ["box"])
    show(b, 'D:{"type":"clear"}')
    wait_until(lambda: engine.say("ZSCORE", "cad1:sessions", "gear") == "", what="it is in no list any more")


def test_what_nobody_used_for_a_week_is_swept(node, engine):
    a = node("a")
    show(a, BOX, "kept")
    wait_until(lambda: engine.say("ZSCORE", "cad1:sessions", "kept") != "", what="it is listed")
    for name in "old", "used":
        engine.say("ZADD", "cad1:sessions", 1000, name)
        engine.say("HSET", f"cad1:{{{name}}}:s", "epoch", "x", "used", 1000)
        engine.say("HSET", f"cad1:{{{name}}}:here", "gone", "{}")
    engine.say("HSET", "cad1:{used}:s", "used", 99999999999)
    engine.say("DEL", "cad1:sweep")
    b = node("b")
    wait_until(lambda: "old" not in engine.say("KEYS", "*"), what="the old one is gone")
    assert b.lines("session old is forgotten")
    assert sorted(engine.say("ZRANGE", "cad1:sessions", 0, -1).split()) == ["kept", "used"]
