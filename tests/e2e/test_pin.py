# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A session is pinned in all lists: PATCH /api/v1/sessions/NAME."""
import json

from conftest import recorded
from daemon import wait_until
from peers import Browser, Kernel
from test_api import ask
from test_sessions_limits import MB, listed, model
from wire import Wire, get


def change(daemon, session, body, status=200):
    answer = ask(daemon, "PATCH", f"/api/v1/sessions/{session}", body)
    assert answer.status == status, answer
    return answer.json if status == 200 else answer.json["detail"]


def pinned(daemon):
    return [row["name"] for row in json.loads(get(daemon.port, "/api/v1/sessions").body)["sessions"] if row["pinned"]]


def test_a_pin_is_told_and_taken_back(start):
    daemon = start()
    daemon.send(recorded("box-model"), "gear")
    with Browser(daemon.port, hello='{"viewer":"sessions"}') as listing:
        assert change(daemon, "gear", {"pin": True}) == {"session": "gear", "pinned": True}
        wait_until(lambda: any(row["pinned"] for row in json.loads(listing.next())["sessions"]))
    assert pinned(daemon) == ["gear"]
    assert change(daemon, "gear", {"name": "cog", "pin": False}) == {"session": "cog", "pinned": False}
    assert pinned(daemon) == []


def test_what_is_no_change_is_named(start):
    daemon = start()
    daemon.send(recorded("box-model"), "gear")
    assert "name, or pin" in change(daemon, "gear", {}, 400)
    assert "true or false" in change(daemon, "gear", {"pin": 1}, 400)
    assert "text" in change(daemon, "gear", {"name": 1, "pin": True}, 400)
    assert "color" in change(daemon, "gear", {"color": "red"}, 400)
    assert "no session" in change(daemon, "nobody", {"pin": True}, 404)
    assert "of that name" in change(daemon, "gear", {"name": "default", "pin": True}, 409)
    assert pinned(daemon) == [], "a change that was refused changed nothing"


def test_it_is_guarded_as_all_that_changes_something(start):
    daemon = start("--read-only")
    daemon.send(recorded("box-model"), "gear")
    assert "--read-only" in change(daemon, "gear", {"pin": True}, 403)
    daemon.stop()
    daemon = start("--view-token", "only-a-spectator-here", "--token", "somebody-who-may-do-all")
    body = b'{"pin":true}'
    with Wire(daemon.port) as wire:
        wire.request("PATCH", "/api/v1/sessions/default", "X-Cadcast-Token: only-a-spectator-here",
                     "Content-Type: application/json", f"Content-Length: {len(body)}", body=body)
        assert wire.read_response().status == 403
    assert pinned(daemon) == []


def test_it_outlives_the_server(start, tmp_path):
    """Whether it was appended to the picture's file, or written with the next picture; and so does its end."""
    daemon = start("--state-dir", tmp_path / "state")
    daemon.send(recorded("box-model"), "gear")
    wait_until(lambda: daemon.lines("picture on disk", debug=True))
    change(daemon, "gear", {"pin": True})
    assert daemon.stop() == 0
    daemon = start("--state-dir", tmp_path / "state")
    assert pinned(daemon) == ["gear"]
    daemon.send(recorded("assembly-model"), "gear")
    assert daemon.stop() == 0
    daemon = start("--state-dir", tmp_path / "state")
    assert pinned(daemon) == ["gear"]
    change(daemon, "gear", {"pin": False})
    assert daemon.stop() == 0
    assert pinned(start("--state-dir", tmp_path / "state")) == []


def test_one_that_is_empty_stays(start):
    daemon = start("--no-state")
    for name in ("kept", "left"):
        with Browser(daemon.port, f"/s/{name}/") as browser:
            browser.settle()
            change(daemon, name, {"pin": name == "kept"})
    wait_until(lambda: "left" not in listed(daemon), what="the end of the one that is not pinned")
    assert "kept" in listed(daemon)
    change(daemon, "kept", {"pin": False})
    wait_until(lambda: "kept" not in listed(daemon), what="its end, too")


def test_its_picture_goes_last(start):
    """Also after that of a session that a browser shows."""
    daemon = start("--no-state", "--max-memory", "40M")
    with Browser(daemon.port, "/s/watched/") as watcher:
        watcher.settle()
        Kernel(daemon.port, "/s/pinned/").send("D:" + model("pinned", 4 * MB))
        change(daemon, "pinned", {"pin": True})
        for name in ("watched", "other"):
            Kernel(daemon.port, f"/s/{name}/").send("D:" + model(name, 4 * MB))
        wait_until(lambda: all(row["models"] for row in listed(daemon).values() if row["model"]))
        Kernel(daemon.port).send("D:" + model("large", 12 * MB))
        wait_until(lambda: len(daemon.lines("dropped the picture")) >= 1)
        assert listed(daemon)["pinned"]["model"]
        assert "session other" in daemon.lines("dropped the picture")[0]
