# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Ports that are opened and closed while the server runs: POST /sessions/listen and `cadcast listen`."""
import json
import os
import signal
import socket
import subprocess

import pytest
from conftest import recorded
from daemon import PROGRAM, free_port, wait_equal, wait_until
from peers import Browser, Kernel
from slow import PATIENCE, SLOW
from test_api import ask
from wire import Wire, get

LISTEN = "/sessions/listen"


def listen(daemon, **body):
    answer = ask(daemon, "POST", LISTEN, body)
    assert answer.status == 200, answer
    return answer.json


def refused(daemon, status, body, *lines):
    answer = ask(daemon, "POST", LISTEN, body, *lines)
    assert answer.status == status, answer
    return answer.json["detail"]


def ports(daemon):
    status = json.loads(get(daemon.port, "/status").body)
    return {each["port"]: each["session"] for each in status["ports"]}


def registry(daemon):
    return set(json.loads((daemon.home / ".ocpvscode").read_text(encoding="utf-8"))["services"])


def command(daemon, *words, port=None):
    return subprocess.run(
        [PROGRAM, "listen", "--port", str(daemon.port if port is None else port), *map(str, words)], env=daemon.env,
        capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)


def answers(port, host):
    try:
        with socket.create_connection((host, port), PATIENCE * SLOW):
            return True
    except ConnectionRefusedError:
        return False


def test_a_port_is_opened_while_the_server_runs(start):
    daemon = start()
    free = free_port()
    assert listen(daemon, port=free, session="gear") == {"port": free, "session": "gear", "announced": False}
    assert ports(daemon) == {daemon.port: "default", free: "gear"}
    Kernel(free).send_and_settle(recorded("box-model"))
    with Browser(daemon.port, "/s/gear/") as browser:
        assert browser.next() == recorded("box-model")[2:].decode()
    with Browser(daemon.port) as browser:
        browser.quiet()
    page = get(free, "/viewer")
    assert page.status == 200 and b'"session": "gear"' in page.body.replace(b'":"', b'": "')


def test_it_is_on_the_addresses_of_the_others(start):
    daemon = start()
    free = listen(daemon, port=0, session="gear")["port"]
    hosts = [host for host in ("127.0.0.1", "::1") if answers(daemon.port, host)]
    assert "127.0.0.1" in hosts
    assert all(answers(free, host) for host in hosts)


def test_a_session_that_is_there_gets_the_port_and_stays(start):
    daemon = start()
    daemon.send(recorded("box-model"), "gear")
    free = listen(daemon, session="gear")["port"]
    rows = {row["name"]: row["port"] for row in json.loads(get(daemon.port, "/status").body)["sessions"]}
    assert rows == {"default": daemon.port, "gear": free}
    with Browser(free) as browser:
        assert browser.next() == recorded("box-model")[2:].decode()


def test_asking_twice_changes_nothing(start):
    daemon = start()
    free = listen(daemon, port=0, session="gear")["port"]
    assert listen(daemon, port=free, session="gear")["port"] == free
    assert "session gear already" in refused(daemon, 409, {"port": free, "session": "arm"})
    assert ports(daemon) == {daemon.port: "default", free: "gear"}


def test_a_busy_port_is_named_with_who_has_it(start, tmp_path):
    daemon = start()
    other = start(home=tmp_path / "other")
    why = refused(daemon, 409, {"port": other.port, "session": "gear"})
    assert f"port {other.port} is in use by another cadcast, process {other.pid}" in why and "\n" not in why
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(daemon, 409, {"port": port, "session": "gear"}) == f"port {port} is in use; port 0 takes a free port"
    assert ports(daemon) == {daemon.port: "default"}
    assert daemon.health()["sessions"] == 1, "a session was made for a port that there is not"


@pytest.mark.parametrize(("body", "why"), [
    ({}, "session must be"), ({"session": 3}, "session must be"), ({"session": "a/b"}, "1 to 64"),
    ({"session": ".."}, "1 to 64"), ({"session": "x" * 65}, "1 to 64"), ({"session": "a", "port": 65536}, "0 to 65535"),
    ({"session": "a", "port": -1}, "0 to 65535"), ({"session": "a", "port": "3941"}, "0 to 65535"),
    ({"session": "a", "port": 1.5}, "0 to 65535"), ({"session": "a", "announce": 1}, "true or false"),
    ({"session": "a", "host": "0.0.0.0"}, "no member host"), ({"close": "x"}, "1 to 65535"),
    ({"close": 3941, "session": "a"}, "stands alone")])
def test_a_wrong_wish_is_named(daemon, body, why):
    assert why in refused(daemon, 400, body)


def test_it_is_guarded_as_all_that_changes_something(start):
    daemon = start("--read-only")
    assert "--read-only" in refused(daemon, 403, {"session": "gear"})
    daemon.stop()
    daemon = start()
    form = ["Content-Type: application/x-www-form-urlencoded"]
    assert ask(daemon, "POST", LISTEN, b'{"session":"gear"}', *form).status == 415
    for line in ("Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Host: evil.example"):
        with Wire(daemon.port) as wire:
            body = b'{"session":"gear"}'
            wire.request("POST", LISTEN, line, f"Content-Length: {len(body)}", "Content-Type: application/json", body=body,
                         host=line.split(": ")[1] if line.startswith("Host") else None)
            assert wire.read_response().status in (400, 403), line
    assert ask(daemon, "GET", LISTEN).status == 405
    assert get(daemon.port, "/s/gear/sessions/listen", method="POST").status == 404
    assert ports(daemon) == {daemon.port: "default"}


def test_too_many_sessions_and_ports_are_refused(start):
    daemon = start("--max-sessions", "3")
    one = listen(daemon, session="one")["port"]
    listen(daemon, session="two")
    assert "--max-sessions" in refused(daemon, 503, {"session": "three"})
    while (answer := ask(daemon, "POST", LISTEN, {"session": "one"})).status == 200:
        assert len(ports(daemon)) <= 64
    assert answer.status == 503 and "too many ports" in answer.json["detail"]
    assert get(one, "/viewer").status == 200


def test_a_port_is_closed_with_its_connections(start):
    daemon = start()
    free = listen(daemon, session="gear")["port"]
    Kernel(free).send_and_settle(recorded("box-model"))
    with Browser(free) as shown, Wire(free) as idle:
        shown.next()
        idle.request("GET", "/healthz")
        assert idle.read_response().status == 200
        assert "over another one" in ask_at(free, {"close": free}, 409)
        assert listen(daemon, close=free) == {"closed": free}
        idle.read_end()
    wait_until(lambda: not answers(free, "127.0.0.1"), what="the port to be closed")
    assert ports(daemon) == {daemon.port: "default"}
    with Browser(daemon.port, "/s/gear/") as browser:
        assert browser.next() == recorded("box-model")[2:].decode(), "its session is still there"
    assert listen(daemon, port=free, session="other")["port"] == free


def ask_at(port, body, status):
    """The same over another port of the server."""
    with Wire(port) as wire:
        data = json.dumps(body).encode()
        wire.request("POST", LISTEN, "Content-Type: application/json", f"Content-Length: {len(data)}", body=data)
        answer = wire.read_response()
    assert answer.status == status, answer
    return json.loads(answer.body)["detail"]


def test_a_session_without_its_port_goes_as_others_do(start):
    daemon = start()
    free = listen(daemon, session="gear")["port"]
    listen(daemon, close=free)
    wait_equal(lambda: daemon.health()["sessions"], 1, "sessions", seconds=3 * PATIENCE)


def test_what_cannot_be_closed_is_said(start):
    daemon = start()
    assert "main port" in refused(daemon, 409, {"close": daemon.port})
    assert "no such port" in refused(daemon, 404, {"close": free_port()})


def test_clients_find_it_in_the_registry_only_if_it_is_announced(start):
    """Clients without a setting ask a person as soon as there are two, and most notebooks cannot answer."""
    daemon = start()
    quiet = listen(daemon, session="arm")["port"]
    assert registry(daemon) == {str(daemon.port)}
    loud = listen(daemon, session="gear", announce=True)
    assert loud["announced"] and registry(daemon) == {str(daemon.port), str(loud["port"])}
    assert listen(daemon, session="arm", port=quiet, announce=True)["announced"]
    assert len(registry(daemon)) == 3
    listen(daemon, close=quiet)
    wait_equal(lambda: registry(daemon), {str(daemon.port), str(loud["port"])})
    daemon.stop()
    assert registry(daemon) == set()


def test_a_restart_keeps_the_ports_and_whether_they_are_announced(start):
    daemon = start()
    quiet = listen(daemon, session="arm")["port"]
    loud = listen(daemon, session="gear", announce=True)["port"]
    Kernel(quiet).send_and_settle(recorded("box-model"))
    before = ports(daemon)
    os.kill(daemon.pid, signal.SIGUSR2)
    wait_until(lambda: daemon.log().count("ready: cadcast") == 2, what="the process after the restart")
    assert ports(daemon) == before
    with Browser(quiet) as browser:
        assert browser.next() == recorded("box-model")[2:].decode()
    assert registry(daemon) == {str(daemon.port), str(loud)}
    daemon.stop()
    assert registry(daemon) == set()


# -- the command


def test_the_command_opens_and_closes(start):
    daemon = start()
    ended = command(daemon, "0=gear")
    free = next(port for port, session in ports(daemon).items() if session == "gear")
    assert ended.returncode == 0
    assert ended.stdout == f"port {free} is for session gear: http://127.0.0.1:{free}/viewer\n"
    assert command(daemon, "--announce", f"{free}=gear").returncode == 0
    assert str(free) in registry(daemon)
    ended = command(daemon, "--close", free)
    assert (ended.returncode, ended.stdout) == (0, f"port {free} is closed\n")
    assert ports(daemon) == {daemon.port: "default"}


def test_the_command_says_why_not(start):
    daemon = start()
    for words in ([], ["gear"], ["x=gear"], ["1=a/b"], ["70000=a"], ["1"], ["1=a", "2=b"], ["--close", "a"], ["--x", "1=a"]):
        ended = command(daemon, *words)
        assert ended.returncode == 2 and ended.stderr.count("\n") == 1, words
    ended = command(daemon, f"{daemon.port}=gear")
    assert ended.returncode == 1 and ended.stderr == (
        f"cadcast: listen: port {daemon.port} is that of session default already\n")
    ended = command(daemon, "0=gear", port=free_port())
    assert ended.returncode == 3 and "no server answers" in ended.stderr


def test_the_command_has_the_token(start, outer):
    daemon = start("--host", "0.0.0.0", "--token", "a-token-of-some-length")
    ended = command(daemon, "0=gear")
    assert ended.returncode == 0, ended.stderr
    free = next(port for port, session in ports(daemon).items() if session == "gear")
    assert get(free, "/viewer", host=outer).status == 401
    assert get(free, "/viewer?token=a-token-of-some-length", host=outer).status == 303
