# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Pictures outlive the process, whatever ends it, and a bad disk costs pictures and nothing else."""
import base64
import os
import random
import resource
import signal
import subprocess
import threading
import time

import pytest
from conftest import recorded
from daemon import Daemon, environment, wait_until
from peers import Browser, Kernel
from websockets.exceptions import WebSocketException
from wire import get

MODELS = ["box-model", "assembly-model", "bracket-model", "zoo-model"]


def picture_file(folder, name="default"):
    return folder / f"{name}.picture"


def written(folder):
    """The forms of pictures that are there, on disk for certain or not yet."""
    return [each for form in ("", ".sync", ".new", ".tmp") for each in folder.glob("*.picture" + form)]


def whole(folder, name):
    """What the newest form of the session's picture on disk holds."""
    files = [each for each in written(folder) if each.name.startswith(f"{name}.picture")]
    return b"".join(each.read_bytes() for each in files)


def payload(name):
    return recorded(name)[2:].decode()


def kept(daemon, at_least=1):
    """Waits until that many pictures have been written."""
    wait_until(lambda: len(daemon.lines("picture saved", debug=True)) >= at_least, what="writing")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "pictures"


def test_nothing_is_kept_unless_asked(start):
    daemon = start()
    Kernel(daemon.port).send(recorded("box-model"))
    daemon.stop()
    assert not list(daemon.home.glob("state/**/*.picture"))


def test_a_picture_survives_kill(tmp_path, folder):
    daemon = Daemon(tmp_path / "home", "--state-dir", folder)
    Kernel(daemon.port).send(recorded("assembly-model"))
    kept(daemon)
    daemon.kill()
    with Daemon(tmp_path / "home", "--state-dir", folder) as again:
        with Browser(again.port) as browser:
            assert browser.next() == payload("assembly-model")
        assert again.lines("restored")


def test_a_small_picture_survives_kill(tmp_path, folder):
    """Whether the server drew it or a page sent it, and though nothing else changes after it."""
    daemon = Daemon(tmp_path / "home", "--state-dir", folder)
    for name in ("drawn", "sent"):
        Kernel(daemon.port, f"/s/{name}/").send(recorded("box-model"))
        wait_until(lambda name=name: get(daemon.port, f"/s/{name}/picture.png").status == 200)
    wait_until(lambda: b"\x89PNG" in whole(folder, "drawn"), what="the small picture on disk")
    png = get(daemon.port, "/s/sent/image.png?width=64&height=48&view=top").body
    with Browser(daemon.port, "/s/sent/", hello='{"viewer":"cadcast","id":"w1"}') as page:
        # What is used is written again after some seconds: once that is over, only the picture itself can be why.
        page.say("status", {"zoom": 7.25})
        wait_until(lambda: b"7.25" in whole(folder, "sent"), what="the status on disk")
        page.say("thumbnail", {"data": "data:image/png;base64," + base64.b64encode(png).decode()})
        wait_until(lambda: png in whole(folder, "sent"), what="the page's on disk")
    pictures = {name: get(daemon.port, f"/s/{name}/picture.png").body for name in ("drawn", "sent")}
    daemon.kill()
    with Daemon(tmp_path / "home", "--state-dir", folder) as again:
        for name, picture in pictures.items():
            assert get(again.port, f"/s/{name}/picture.png").body == picture


def test_all_of_a_picture_survives(start, folder):
    """Model, later settings, animation, status, and every session."""
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send(recorded("box-model"))
    Kernel(daemon.port).send('S:{"type":"ui","config":{"axes":true}}')
    Kernel(daemon.port).send('S:{"type":"ui","config":{"ortho":false}}')
    Kernel(daemon.port).send('C:{"type":"set_relative_time","value":0.25}')
    Kernel(daemon.port, "/s/Other/").send(recorded("bracket-model"))
    with Browser(daemon.port) as browser:
        browser.settle()
        browser.say("status", {"position": [1, 2, 3], "zoom": 4})
        wait_until(lambda: Kernel(daemon.port).status().get("zoom") == 4)
    assert daemon.stop() == 0
    again = start("--state-dir", folder)
    assert Kernel(again.port).status() == {"position": [1, 2, 3], "zoom": 4}
    with Browser(again.port) as browser, Browser(again.port, "/s/Other/") as other:
        assert browser.next() == payload("box-model")
        assert '"axes":true' in (settings := browser.next()) and '"ortho":false' in settings
        assert '"value":0.25' in browser.next()
        assert other.next() == payload("bracket-model")


def test_the_camera_is_appended(start, folder):
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send(recorded("zoo-model"))
    wait_until(picture_file(folder).exists)
    file, before = picture_file(folder).stat().st_ino, picture_file(folder).read_bytes()
    with Browser(daemon.port) as browser:
        browser.settle()
        browser.say("status", {"zoom": 7})
        wait_until(lambda: b'"zoom"' in picture_file(folder).read_bytes()[len(before):])
    after = picture_file(folder).read_bytes()
    assert picture_file(folder).stat().st_ino == file
    assert after.startswith(before)
    # The small picture may be appended as well, when it is drawn; the model is not written again.
    assert len(after) - len(before) < len(before) / 20


def test_clear_forgets(start, folder):
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send(recorded("box-model"))
    wait_until(picture_file(folder).exists)
    Kernel(daemon.port).send(recorded("clear"))
    wait_until(lambda: not written(folder))
    assert daemon.stop() == 0
    assert not written(folder)


def test_power_fails_before_the_disk_has_it(tmp_path, folder):
    """What was written and not synced is torn: the picture before it is shown, and the log says so."""
    daemon = Daemon(tmp_path / "home", "--state-dir", folder)
    Kernel(daemon.port).send(recorded("box-model"))
    wait_until(picture_file(folder).exists)
    daemon.stop()
    whole = picture_file(folder).read_bytes()
    (folder / "default.picture.new").write_bytes(whole[: len(whole) // 2])
    (folder / "default.picture.sync").write_bytes(b"")
    with Daemon(tmp_path / "home", "--state-dir", folder) as again:
        with Browser(again.port) as browser:
            assert browser.next() == payload("box-model")
        assert len(again.lines("had not reached the disk")) == 1
    assert written(folder) == [picture_file(folder)] and not list(folder.glob("*.damaged"))


@pytest.mark.parametrize("size", [0, 100])
def test_killed_while_the_first_show_is_written(start, folder, size):
    """There was no picture yet, so none is damaged."""
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send(recorded("box-model"))
    daemon.stop()
    whole = picture_file(folder).read_bytes()
    picture_file(folder).unlink()
    (folder / "default.picture.tmp").write_bytes(whole[:size])
    again = start("--state-dir", folder)
    assert len(again.lines("still being written")) == 1 and not again.lines("warning")
    assert not list(folder.glob("default.picture*"))


def test_changes_of_a_large_picture(tmp_path, folder):
    """They wait until it is synced, and are then appended: the model is written once."""
    daemon = Daemon(tmp_path / "home", "--state-dir", folder)
    big = "D:" + '{"data":{"instances":[],"pad":"' + "x" * 3_000_000 + '"},"type":"data"}'
    Kernel(daemon.port).send(big)
    Kernel(daemon.port).send('S:{"type":"ui","config":{"axes":true}}')
    wait_until(lambda: picture_file(folder).exists() and b'"axes":true' in picture_file(folder).read_bytes(), 20, "both on disk")
    Kernel(daemon.port).send('S:{"type":"ui","config":{"ortho":false}}')
    wait_until(lambda: b'"ortho":false' in picture_file(folder).read_bytes(), 20, "the change")
    assert len(daemon.lines("picture on disk", debug=True)) <= 2
    daemon.kill()
    with Daemon(tmp_path / "home", "--state-dir", folder) as again, Browser(again.port) as browser:
        assert browser.next() == big[2:]
        settings = browser.next()
        assert '"axes":true' in settings and '"ortho":false' in settings


def test_a_show_right_before_kill(tmp_path, folder):
    """A process that is killed has written what was shown a moment before."""
    behind = []
    for number in range(10):
        with_daemon = Daemon(tmp_path / "home", "--state-dir", folder)
        text = f'D:{{"data":{{"instances":[],"n":{number}}},"type":"data"}}'
        Kernel(with_daemon.port).send(text)
        kept(with_daemon)
        with_daemon.kill()
        with Daemon(tmp_path / "home", "--state-dir", folder) as again, Browser(again.port) as browser:
            behind.append(browser.next() != text[2:])
    assert not any(behind)


def test_the_built_in_model_is_not_kept(start, folder):
    daemon = start("--demo", "--state-dir", folder)
    assert daemon.health()["model"]
    daemon.stop()
    assert not picture_file(folder).exists()


def test_a_kept_picture_is_not_hidden_by_the_built_in_one(start, folder):
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send(recorded("box-model"))
    daemon.stop()
    again = start("--demo", "--state-dir", folder)
    with Browser(again.port) as browser:
        assert browser.next() == payload("box-model")


def test_the_address_of_a_model_survives(start, folder):
    """So a browser that has it need not fetch it again."""
    urls = []
    for round_ in range(2):
        daemon = start("--state-dir", folder)
        if round_ == 0:
            Kernel(daemon.port).send(recorded("box-model"))
        with Browser(daemon.port, hello='{"viewer":"cadcast","formats":["binary"]}') as browser:
            while '"type":"model"' not in (message := browser.next()):
                pass
            urls.append(message)
        daemon.stop()
    assert urls[0].split('"bytes"')[0] == urls[1].split('"bytes"')[0]


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment(tmp_path, folder, seed):
    """Killed in the middle of shows again and again: what is shown next time is a whole model, and
    none that is older than one that was on disk before."""
    chance = random.Random(seed)
    shown = -1
    for _ in range(8):
        daemon = Daemon(tmp_path / "home", "--state-dir", folder)
        stop = threading.Event()
        sent = []

        def show():
            for number in range(shown + 1, shown + 1000):
                text = f'{{"data":{{"instances":[],"n":{number},"pad":"{"x" * 300000}"}},"type":"data"}}'
                try:
                    Kernel(daemon.port).send("D:" + text)
                except (OSError, WebSocketException, EOFError):
                    return
                sent.append(number)
                if stop.wait(0.01):
                    return

        with Browser(daemon.port) as browser:
            if shown >= 0:
                assert f'"n":{shown},' in browser.next()[:100]
        thread = threading.Thread(target=show)
        thread.start()
        time.sleep(chance.uniform(0.1, 0.5))  # a random moment
        daemon.process.send_signal(signal.SIGKILL)
        daemon.kill()
        stop.set()
        thread.join()
        assert not list(folder.glob("*.damaged"))
        with Daemon(tmp_path / "home", "--state-dir", folder) as again:
            with Browser(again.port) as browser:
                if not written(folder):
                    continue
                text = browser.next()
                assert text.endswith('xxx"},"type":"data"}') and len(text) > 300000
                found = int(text.split('"n":')[1].split(",")[0])
                assert shown <= found <= max(sent, default=shown) + 1
                shown = found
    assert shown >= 0, "nothing ever reached the disk"


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "empty", "a folder"])
def test_a_damaged_file_is_set_aside(start, folder, damage):
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send(recorded("box-model"))
    Kernel(daemon.port, "/s/good/").send(recorded("bracket-model"))
    daemon.stop()
    path = picture_file(folder)
    data = path.read_bytes()
    if damage == "a folder":
        path.unlink()
        path.mkdir()
    else:
        half = len(data) // 2
        path.write_bytes({
            "cut": data[:half],
            "flipped": data[:half] + bytes([data[half] ^ 4]) + data[half + 1:],
            "foreign": b"#!/bin/sh\necho not a picture\n",
            "empty": b"",
        }[damage])
    again = start("--state-dir", folder)
    assert len([line for line in again.lines("default.picture") if "damaged" in line]) == 1
    assert (folder / "default.picture.damaged").exists() and not path.exists()
    with Browser(again.port, "/s/good/") as browser:
        assert browser.next() == payload("bracket-model")
    Kernel(again.port).send(recorded("zoo-model"))
    wait_until(path.exists)


def test_a_large_picture_does_not_delay_ready(start, folder):
    big = "D:" + '{"data":{"instances":[],"pad":"' + "x" * 60_000_000 + '"},"type":"data"}'
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send(big)
    daemon.stop()
    again = start("--state-dir", folder)
    with Browser(again.port) as browser:
        assert browser.next(30) == big[2:]
    again.stop()
    size = picture_file(folder).stat().st_size
    assert 60_000_000 < size < 60_001_000


def test_a_picture_shown_while_an_old_one_is_read_stays(start, folder):
    big = "D:" + '{"data":{"instances":[],"pad":"' + "x" * 60_000_000 + '"},"type":"data"}'
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send(big)
    daemon.stop()
    again = start("--state-dir", folder)
    Kernel(again.port).send(recorded("box-model"))
    again.stop()
    third = start("--state-dir", folder)
    with Browser(third.port) as browser:
        assert browser.next() == payload("box-model")


def still_works(daemon):
    Kernel(daemon.port).send(recorded("bracket-model"))
    with Browser(daemon.port) as browser:
        assert browser.next() == payload("bracket-model")


def test_a_disk_without_room_costs_a_line(tmp_path, folder):
    """RLIMIT_FSIZE makes every longer file fail, as a full disk does."""
    home = tmp_path / "home"
    environment(home)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))
    try:
        daemon = Daemon(home, "--state-dir", folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    with daemon:
        Kernel(daemon.port).send(recorded("assembly-model"))
        wait_until(lambda: daemon.lines("cannot be kept"))
        for _ in range(3):
            still_works(daemon)
            time.sleep(0.3)  # it may try to write once more
        assert len(daemon.lines("cannot be kept")) == 1
        assert not picture_file(folder).exists()
        assert not list(folder.glob("*.tmp"))


def test_a_full_disk_and_then_room_again(tmp_path):
    """On a real file system of 300 KB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder], check=False,
            capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        daemon = Daemon(tmp_path / "home", "--state-dir", folder)
        (folder / "filler").write_bytes(b"x" * 200_000)
        Kernel(daemon.port).send(recorded("assembly-model"))
        wait_until(lambda: daemon.lines("cannot be kept"))
        with Browser(daemon.port) as browser:
            assert browser.next() == payload("assembly-model")
        (folder / "filler").unlink()
        wait_until(lambda: daemon.lines("kept again"), 15)
        assert picture_file(folder).exists()
        assert daemon.stop() == 0
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_folder_that_cannot_be_made_costs_a_line(start, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="ascii")
    daemon = start("--state-dir", tmp_path / "file" / "below")
    assert len(daemon.lines("pictures are not kept")) == 1
    still_works(daemon)


def test_two_servers_do_not_share_a_folder(start, folder):
    one = start("--state-dir", folder)
    two = start("--state-dir", folder)
    assert not one.lines("not kept") and len(two.lines("another cadcast uses it")) == 1
    still_works(two)
    assert not picture_file(folder).exists()


def test_memory_bounds_what_is_read(start, folder):
    daemon = start("--state-dir", folder)
    pad = "x" * 700_000
    for name in ("a", "b", "c"):
        Kernel(daemon.port, f"/s/{name}/").send(f'D:{{"data":{{"instances":[],"p":"{pad}"}},"type":"data"}}')
    daemon.stop()
    again = start("--state-dir", folder, "--max-memory", "1M")
    assert len(again.lines("restored")) == 1 and len(again.lines("no memory")) == 2
    again.stop()
    assert len(list(folder.glob("*.picture"))) == 3
