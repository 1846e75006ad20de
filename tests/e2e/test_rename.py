# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A session gets another name while it is shown: POST /sessions/rename."""
import json
import subprocess

import pytest
from conftest import recorded
from daemon import PROGRAM, environment, free_port, wait_equal, wait_until
from peers import Browser, Kernel
from slow import PATIENCE, SLOW
from test_api import ask
from wire import Wire, get

RENAME = "/sessions/rename"
OURS = '{"viewer":"cadcast","id":"%s","formats":["binary"],"version":"0"}'


def rename(daemon, session, name, status=200):
    answer = ask(daemon, "POST", RENAME, {"session": session, "name": name})
    assert answer.status == status, answer
    return answer.json if status == 200 else answer.json["detail"]


def names(daemon):
    return [row["name"] for row in json.loads(get(daemon.port, "/status").body)["sessions"]]


def payload(name):
    return recorded(name)[2:].decode()


def greeting(browser):
    while True:
        message = json.loads(browser.next())
        if message["type"] == "hello":
            return message


def hello(browser):
    """The session in the next greeting."""
    return greeting(browser)["session"]


def test_the_picture_is_at_the_new_address(start):
    daemon = start()
    daemon.send(recorded("box-model"), "gear")
    assert rename(daemon, "gear", "cog") == {"session": "cog"}
    assert names(daemon) == ["default", "cog"]
    with Browser(daemon.port, "/s/cog/") as browser:
        assert browser.next() == payload("box-model")
    assert get(daemon.port, "/s/gear/image.png").status == 404


def test_pages_are_told_and_go_on(start):
    daemon = start()
    with Browser(daemon.port, "/s/gear/", hello=OURS % "a") as page, Browser(
            daemon.port, hello='{"viewer":"sessions"}') as listing:
        assert hello(page) == "gear"
        rename(daemon, "gear", "cog")
        assert hello(page) == "cog"
        wait_until(lambda: any(row["name"] == "cog" for row in json.loads(listing.next())["sessions"]))
        daemon.send(recorded("box-model"), "cog")
        wait_until(lambda: json.loads(page.next())["type"] == "model", what="the model of the renamed session")


def test_a_page_that_had_no_connection_finds_it(start):
    """It names the session by the numbers of its greeting, as it knows the old name only."""
    daemon = start()
    daemon.send(recorded("box-model"), "gear")
    with Browser(daemon.port, "/s/gear/", hello=OURS % "a") as page:
        first = greeting(page)
    rename(daemon, "gear", "cog")
    again = f"/s/gear/?run={first['run']}&id={first['id']}"
    with Browser(daemon.port, again, hello=OURS % "a") as page:
        assert hello(page) == "cog"
    assert names(daemon) == ["default", "cog"], "the old name was not made anew"
    # The numbers of another run, of no session, or none: the path decides.
    for query in (f"?run={first['run'] - 1}&id={first['id']}", f"?run={first['run']}&id=4096", "?run=&id=", "?id=1"):
        with Browser(daemon.port, "/s/gear/" + query, hello=OURS % "a") as page:
            assert hello(page) == "gear"


def test_a_kernel_on_the_session_s_port_goes_on(start):
    port = free_port()
    daemon = start("--listen", f"{port}=gear")
    rename(daemon, "gear", "cog")
    Kernel(port).send_and_settle(recorded("box-model"))
    with Browser(daemon.port, "/s/cog/") as browser:
        assert browser.next() == payload("box-model")
    assert names(daemon) == ["default", "cog"]
    page = get(port, "/viewer").body.replace(b'": ', b'":')
    assert b'"session":"cog"' in page


def test_a_model_that_is_being_converted_stays_the_renamed_session_s(start):
    """What is made on the pool belongs to the session and not to its name, which another one may get."""
    daemon = start()
    Kernel(daemon.port, "/s/gear/").send_and_settle(recorded("assembly-model"))
    rename(daemon, "gear", "cog")
    Kernel(daemon.port, "/s/gear/").send_and_settle(recorded("box-model"))
    for name, first in (("cog", "base"), ("gear", "Solid")):
        def models(name=name):
            rows = json.loads(get(daemon.port, "/status").body)["sessions"]
            return next(row["models"] for row in rows if row["name"] == name)
        wait_until(models, what="the names of the model's parts")
        assert models()[0] == first


def test_names_are_those_of_sessions(start):
    daemon = start()
    daemon.send(recorded("box-model"), "gear")
    daemon.send(recorded("box-model"), "arm")
    for bad in ("", ".", "..", "a/b", "a b", "ä", "x" * 65):
        assert "1 to 64" in rename(daemon, "gear", bad, 400)
    assert "of that name" in rename(daemon, "gear", "arm", 409)
    assert "of that name" in rename(daemon, "gear", "default", 409)
    assert "of that name" in rename(daemon, "gear", "gear", 409)
    assert "default session keeps" in rename(daemon, "default", "main", 409)
    assert "no session nobody" in rename(daemon, "nobody", "x", 404)
    assert ask(daemon, "POST", RENAME, {"session": "gear"}).status == 400
    assert ask(daemon, "POST", RENAME, {"session": "gear", "name": 3}).status == 400
    assert ask(daemon, "POST", RENAME, {"session": "gear", "name": "x", "y": 1}).status == 400
    assert names(daemon) == ["default", "gear", "arm"]


def test_it_is_guarded_as_all_that_changes_something(start):
    daemon = start("--read-only")
    daemon.send(recorded("box-model"), "gear")
    assert "--read-only" in rename(daemon, "gear", "cog", 403)
    daemon.stop()
    daemon = start("--view-token", "only-a-spectator-here", "--token", "somebody-who-may-do-all")
    daemon.send(recorded("box-model"), "gear")
    body = b'{"session":"gear","name":"cog"}'
    with Wire(daemon.port) as wire:
        wire.request("POST", RENAME, "X-Cadcast-Token: only-a-spectator-here", "Content-Type: application/json",
                     f"Content-Length: {len(body)}", body=body)
        assert wire.read_response().status == 403
    assert names(daemon) == ["default", "gear"]


def test_programs_that_follow_go_on(start):
    daemon = start()
    daemon.send(recorded("box-model"), "gear")
    with Wire(daemon.port) as wire:
        wire.request("GET", "/api/v1/sessions/gear/events", "Accept: text/event-stream")
        wire.read_until(b"event: shown")
        rename(daemon, "gear", "cog")
        daemon.send(recorded("box-model"), "cog")
        wire.read_until(b'"session":"cog"')


# -- on disk


def on_disk(folder):
    return sorted({each.name.split(".picture")[0] for each in folder.glob("*.picture*")})


def test_the_file_has_the_new_name(start, tmp_path):
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder)
    daemon.send(recorded("box-model"), "gear")
    daemon.send(recorded("assembly-model"), "other")
    wait_equal(lambda: on_disk(folder), ["gear", "other"])
    rename(daemon, "gear", "Cog")
    wait_equal(lambda: on_disk(folder), ["=cog", "other"])
    daemon.stop()
    daemon = start("--state-dir", folder)
    assert sorted(names(daemon)) == ["Cog", "default", "other"]
    with Browser(daemon.port, "/s/Cog/") as browser:
        assert browser.next() == payload("box-model")


@pytest.mark.parametrize("swap", [False, True], ids=["chain", "swap"])
def test_names_change_hands_quickly(start, tmp_path, swap):
    """a becomes b becomes c, or a and b change their names: what is on disk at the end is what was shown."""
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder)
    daemon.send(recorded("box-model"), "a")
    if swap:
        daemon.send(recorded("assembly-model"), "b")
        for old, new in (("a", "x"), ("b", "a"), ("x", "b")):
            rename(daemon, old, new)
        wanted = {"a": "assembly-model", "b": "box-model"}
    else:
        rename(daemon, "a", "b")
        daemon.send(recorded("assembly-model"), "a")
        rename(daemon, "b", "c")
        wanted = {"a": "assembly-model", "c": "box-model"}
    wait_equal(lambda: on_disk(folder), sorted(wanted))
    daemon.stop()
    assert on_disk(folder) == sorted(wanted)
    daemon = start("--state-dir", folder)
    for name, model in wanted.items():
        with Browser(daemon.port, f"/s/{name}/") as browser:
            assert browser.next() == payload(model), name


def test_the_end_right_after_it_keeps_the_picture(start, tmp_path):
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder)
    daemon.send(recorded("box-model"), "gear")
    rename(daemon, "gear", "cog")
    daemon.stop()
    assert on_disk(folder) == ["cog"]


def test_a_restart_knows_it(tmp_path):
    """The port of --listen gear is that of the session's new name, and is not opened twice."""
    home, port, own = tmp_path / "home", free_port(), free_port()
    env = environment(home)

    def run(*words):
        return subprocess.run([PROGRAM, *words, "--port", str(port)], env=env, capture_output=True, text=True,
                              timeout=2 * PATIENCE * SLOW, check=False)

    started = run("start", "--listen", f"{own}=gear")
    assert started.returncode == 0, started.stderr
    try:
        Kernel(own).send_and_settle(recorded("box-model"))
        body = b'{"session":"gear","name":"cog"}'
        with Wire(port) as wire:
            wire.request("POST", RENAME, "Content-Type: application/json", f"Content-Length: {len(body)}", body=body)
            assert wire.read_response().status == 200
        ended = run("restart")
        assert ended.returncode == 0, ended.stderr
        status = json.loads(get(port, "/status").body)
        assert {each["port"]: each["session"] for each in status["ports"]} == {port: "default", own: "cog"}
        assert [row["name"] for row in status["sessions"]] == ["default", "cog"]
        with Browser(own) as browser:
            assert browser.next() == payload("box-model")
    finally:
        run("stop")
