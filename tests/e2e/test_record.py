# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""--record and replay: a recording plays to the same picture, byte for byte, and what is wrong with one costs a line."""
import json
import random
import resource
import shutil
import stat
import subprocess
import threading
import time

import pytest
from conftest import ROOT, recorded
from daemon import PROGRAM, Daemon, environment, wait_equal, wait_until
from exact import ExactKernel, FakeHelper, shape
from peers import Browser, Kernel
from recordings import stretch
from wire import get

KEPT = ROOT / "tests" / "data" / "recordings"
OURS = '{"viewer":"cadcast","id":"w1","formats":["binary"]}'
MODELS = ["box-model", "assembly-model", "bracket-model", "zoo-model"]


def path_of(session):
    return "/" if session == "default" else f"/s/{session}/"


def messages(port, path, hello):
    """What a browser that comes now is sent, but for the server's own greeting."""
    with Browser(port, path, hello=hello) as browser:
        browser.settle()
        said = [json.loads(text) for text in list(browser.messages.queue)]
    return [each for each in said if each.get("type") not in ("hello", "sessions", "replayed", "restore")]


def file_of(port, path):
    """The bytes of the model file that our page fetches."""
    def look():
        found = [each for each in messages(port, path, OURS) if each.get("type") == "model"]
        return found and get(port, path + found[0]["url"]).body
    return wait_until(look, what="the model file")


def picture(port, session):
    """All that makes a picture, as bytes and as JSON."""
    path = path_of(session)
    return {
        "text": messages(port, path, "{}"),
        "file": file_of(port, path),
        "status": Kernel(port, path).status(),
        "image": get(port, path + "image.png?width=120&height=90").body,
    }


def said(daemon):
    return json.loads(get(daemon.port, "/status").body)["recording"]


def first_recorded(daemon):
    """Waits until the first show is in the file."""
    wait_until(lambda: said(daemon)["pictures"] > 0, what="the recording")


@pytest.fixture
def replay(tmp_path):
    """Starts `cadcast replay`, and ends it."""
    made = []

    def begin(file, *options):
        daemon = Daemon(tmp_path / f"replay{len(made)}", begin=False)
        daemon.start("replay", file, *options)
        made.append(daemon)
        return daemon

    yield begin
    for each in made:
        assert each.stop() == 0


def played(daemon):
    wait_until(lambda: daemon.lines(": played, "), what="the end of the recording")
    return daemon


def shows_of_every_kind(daemon, random_one):
    """As they come, in two sessions; and what a browser says of its camera."""
    for _ in range(25):
        kernel = Kernel(daemon.port, path_of(random_one.choice(["default", "two"])))
        for name in random_one.choice([MODELS[:1], MODELS[1:2], ["box-model", "box-backend"], ["ui"], ["clear"],
                                       ["assembly-model", "assembly-animation"], MODELS[3:]]):
            kernel.send(recorded(name))
        if random_one.random() < 0.3:
            kernel.send(json.dumps({"type": "set_relative_time", "value": random_one.random()}).join(["C:", ""]))
    for name, model in (("default", "zoo-model"), ("two", "assembly-model")):
        Kernel(daemon.port, path_of(name)).send(recorded(model))
        Kernel(daemon.port, path_of(name)).send('S:{"type":"ui","config":{"axes":true,"ortho":false}}')
    with Browser(daemon.port) as browser:
        browser.say("status", {"position": [1, 2, 3], "zoom": 4.5})
        browser.settle()


@pytest.mark.parametrize("hours", [0, 1])
def test_a_recording_plays_to_the_same_picture(start, replay, tmp_path, hours):
    """Also one of an hour, whose times are put into it, at some thousand times its speed."""
    file = tmp_path / "session.rec"
    daemon = start("--record", file)
    shows_of_every_kind(daemon, random.Random(1 + hours))
    before = {name: picture(daemon.port, name) for name in ("default", "two")}
    assert before["default"]["status"]["zoom"] == 4.5
    assert daemon.stop() == 0
    count = stretch(file, 3600) if hours else 0
    begin = time.monotonic()
    again = played(replay(file, "--speed", 1800 * hours))
    assert time.monotonic() - begin > 1.9 * hours
    assert again.lines(f"played, {count or ''}")
    for name, expected in before.items():
        wait_equal(lambda name=name: picture(again.port, name), expected, f"the picture of {name}")


def test_a_show_of_geometry_is_recorded(start, replay, tmp_path):
    file, helper = tmp_path / "exact.rec", FakeHelper(tmp_path)
    daemon = start("--record", file, variables=helper.variables)
    with ExactKernel(daemon.port) as kernel:
        assert kernel.show([shape("one"), shape("two")])[1]["ok"]
    before = file_of(daemon.port, "/")
    assert daemon.stop() == 0
    assert file_of(played(replay(file, "--speed", 0)).port, "/") == before


def test_a_recording_of_version_1(replay):
    """A kept file: later versions play it."""
    daemon = played(replay(KEPT / "version-1.rec", "--speed", 0))
    payload = recorded("assembly-model")[2:]
    with Browser(daemon.port) as browser:
        assert browser.next() == payload.decode()
        assert '"axes":true' in browser.next()
    with Browser(daemon.port, "/s/two/") as browser:
        assert browser.next() == recorded("box-model")[2:].decode()
    assert daemon.lines("played, ")


def test_pauses_are_as_they_were_recorded(start, replay, tmp_path):
    file = tmp_path / "slow.rec"
    daemon = start("--record", file)
    Kernel(daemon.port).send(recorded("box-model"))
    first_recorded(daemon)
    Kernel(daemon.port).send(recorded("bracket-model"))
    daemon.stop()
    # A pause of at least some milliseconds lasts minutes now.
    slow = replay(file, "--speed", 0.00001)
    with Browser(slow.port) as browser:
        wait_until(lambda: slow.lines("picture 1,"), what="the first picture")
        assert browser.next() == recorded("box-model")[2:].decode()
        assert not slow.lines("played")
    with Browser(played(replay(file, "--speed", 1000)).port) as browser:
        assert browser.next() == recorded("bracket-model")[2:].decode()


def test_a_killed_server_leaves_a_recording_and_the_next_goes_on(tmp_path, replay):
    file = tmp_path / "killed.rec"
    for name in ("box-model", "zoo-model"):
        daemon = Daemon(tmp_path / "home", "--record", file)
        Kernel(daemon.port).send(recorded(name))
        first_recorded(daemon)
        daemon.kill()
        # It was writing one more.
        with open(file, "ab") as more:
            more.write(file.read_bytes()[128:300])
    again = played(replay(file, "--speed", 0))
    assert again.lines("it was cut off behind picture")
    with Browser(again.port) as browser:
        assert browser.next() == recorded("zoo-model")[2:].decode()


def test_a_restart_goes_on(start, replay, tmp_path):
    file = tmp_path / "restart.rec"
    daemon = start("--record", file)
    Kernel(daemon.port).send(recorded("box-model"))
    first_recorded(daemon)
    daemon.process.send_signal(12)  # SIGUSR2
    wait_until(lambda: len(daemon.lines("recording to")) == 2, what="the restart")
    Kernel(daemon.port).send(recorded("zoo-model"))
    assert daemon.stop() == 0
    with Browser(played(replay(file, "--speed", 0)).port) as browser:
        assert browser.next() == recorded("zoo-model")[2:].decode()


def test_it_says_that_models_are_inside(start, tmp_path):
    file = tmp_path / "a.rec"
    daemon = start("--record", file)
    assert daemon.lines("the models that are shown are inside")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"The models that were shown are inside, whole." in file.read_bytes()[:128]


# ---- files that are no recording, and disks that take none ----


def run(*words, home):
    return subprocess.run([PROGRAM, *map(str, words)], env=environment(home), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("change, says", [
    (lambda data: b"D:{}", "damaged, or not a recording"),
    (lambda data: data[:100], "damaged, or not a recording"),
    (lambda data: data[:16] + b"\2" + data[17:], "a recording of a later version"),
], ids=["another file", "half a head", "a later version"])
def test_what_is_no_recording_is_not_played(tmp_path, change, says):
    file = tmp_path / "wrong.rec"
    file.write_bytes(change((KEPT / "version-1.rec").read_bytes()))
    result = run("replay", file, "--port", 0, home=tmp_path / "home")
    assert result.returncode == 1 and says in result.stderr


def test_a_damaged_recording_plays_up_to_there(replay, tmp_path):
    file = tmp_path / "damaged.rec"
    data = bytearray((KEPT / "version-1.rec").read_bytes())
    data[len(data) // 2] ^= 0x55
    file.write_bytes(data)
    assert played(replay(file, "--speed", 0)).lines("it is damaged")


@pytest.mark.parametrize("words, says", [
    (["replay"], "the recording as its first word"),
    (["replay", KEPT / "version-1.rec", "--speed", "fast"], "--speed takes a number"),
    (["replay", KEPT / "version-1.rec", "--speed", "-1"], "--speed takes a number"),
], ids=["no file", "no number", "backwards"])
def test_wrong_words(tmp_path, words, says):
    result = run(*words, home=tmp_path / "home")
    assert result.returncode == 2 and says in result.stderr


def shows_on(daemon):
    for name in ("box-model", "bracket-model"):
        Kernel(daemon.port).send(recorded(name))
    with Browser(daemon.port) as browser:
        assert browser.next() == recorded("bracket-model")[2:].decode()


def test_a_file_that_cannot_be_written_costs_a_line(start, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("Somebody's letter\n" * 20)
    for file in (letter, tmp_path / "no" / "folder" / "a.rec"):
        daemon = start("--record", file)
        assert len(daemon.lines("nothing is recorded")) == 1
        assert said(daemon) is None
        shows_on(daemon)
        assert daemon.stop() == 0
    assert letter.read_text() == "Somebody's letter\n" * 20
    result = run("start", "--check", "--port", 0, "--record", letter, home=tmp_path / "home")
    assert result.returncode == 1 and "not a recording" in result.stderr


def test_two_servers_do_not_write_one_file(start, tmp_path):
    start("--record", tmp_path / "a.rec")
    assert start("--record", tmp_path / "a.rec").lines("another process writes it")


def test_a_full_disk_and_then_room_again(tmp_path, replay):
    """RLIMIT_FSIZE makes every longer file fail, as a full disk does."""
    home, file = tmp_path / "home", tmp_path / "full.rec"
    environment(home)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))
    try:
        daemon = Daemon(home, "--record", file, "--log-level", "info")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    with daemon:
        Kernel(daemon.port).send(recorded("assembly-model"))
        wait_until(lambda: daemon.lines("full.rec cannot be written"))
        assert said(daemon)["trouble"]
        shows_on(daemon)
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, limit)
        wait_until(lambda: daemon.lines("is written again"), 15)
        assert not said(daemon)["trouble"]
        assert len(daemon.lines("cannot be written")) == 1
    again = played(replay(file, "--speed", 0))
    assert again.lines("are not in the recording here")
    with Browser(again.port) as browser:
        assert browser.next() == recorded("bracket-model")[2:].decode()


def test_a_recording_has_a_limit(start, replay, tmp_path):
    file = tmp_path / "limited.rec"
    daemon = start("--record", file, "--record-max", 20_000)
    Kernel(daemon.port).send(recorded("box-model"))
    first_recorded(daemon)
    Kernel(daemon.port).send(recorded("zoo-model"))
    wait_until(lambda: daemon.lines("has reached --record-max"))
    shows_on(daemon)
    assert said(daemon)["trouble"] == "--record-max is reached"
    assert daemon.stop() == 0
    assert file.stat().st_size <= 20_000
    with Browser(played(replay(file, "--speed", 0)).port) as browser:
        assert browser.next() == recorded("box-model")[2:].decode()


def test_shows_that_come_faster_than_the_disk(start, replay, tmp_path):
    """What is left out is counted, and the last one is there."""
    file = tmp_path / "storm.rec"
    daemon = start("--record", file, "--max-memory", "8M")

    def storm(name):
        for _ in range(40):
            Kernel(daemon.port).send(recorded(name))

    threads = [threading.Thread(target=storm, args=[name]) for name in ("zoo-model", "assembly-model")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    Kernel(daemon.port).send(recorded("bracket-model"))
    assert daemon.stop() == 0
    with Browser(played(replay(file, "--speed", 0)).port) as browser:
        assert browser.next() == recorded("bracket-model")[2:].decode()


def test_a_replay_is_not_found_by_clients(replay):
    daemon = replay(KEPT / "version-1.rec")
    registry = daemon.home / ".ocpvscode"
    assert not registry.exists() or str(daemon.port) not in registry.read_text()


# ---- what else reads recordings ----


def test_commands_read_what_is_shown_last(tmp_path):
    model = tmp_path / "last.msg"
    shutil.copy(ROOT / "tests/data/messages/assembly-model.msg", model)
    result = run("diff", KEPT / "version-1.rec", model, home=tmp_path / "home")
    assert result.returncode == 0, result.stderr
    for word in ("render", "export"):
        out = tmp_path / f"{word}.png"
        result = run(word, "-o", out, KEPT / "version-1.rec", home=tmp_path / "home")
        assert result.returncode == 0 and out.read_bytes().startswith(b"\x89PNG"), result.stderr
