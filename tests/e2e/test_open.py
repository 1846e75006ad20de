# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""cadcast open: files of a terminal's user, to a server that runs or is started."""
import json
import os
import pty
import shutil
import subprocess

import pytest
from certs import make_cert
from conftest import ROOT
from daemon import PROGRAM, environment, wait_until
from slow import SLOW
from wire import get

FILES = ROOT / "tests" / "data" / "files"
FAKE = ROOT / "tests" / "lib" / "fake_import.py"


@pytest.fixture
def place(tmp_path, start):
    """A server with the fake importer, and what runs the command beside it."""
    importer = tmp_path / "fake_import"
    shutil.copy(FAKE, importer)
    importer.chmod(0o755)
    daemon = start(variables={"CADCAST_IMPORT": importer})

    def run(*words, **more):
        return subprocess.run([PROGRAM, "open", "--port", str(daemon.port), "--no-browser", *map(str, words)],
                              capture_output=True, text=True, timeout=60 * SLOW, check=False, env=daemon.env, **more)

    run.daemon = daemon
    run.notes = lambda: [json.loads(line) for line in (tmp_path / "fake_import.notes").read_text().splitlines()]
    return run


def model(name="cube"):
    """A `D` that the session takes."""
    return "D:" + json.dumps({"type": "data", "data": {"instances": [], "shapes": {
        "version": 3, "parts": [], "loc": None, "name": name, "id": f"/{name}", "normal_len": 0,
        "bb": {"xmin": 0, "xmax": 1, "ymin": 0, "ymax": 1, "zmin": 0, "zmax": 1}}}, "config": {}, "count": 1})


def write(path, what):
    path.write_text(json.dumps(what))
    return path


def test_a_file_is_shown(place, tmp_path):
    done = place(write(tmp_path / "a b.step", {"do": "send", "messages": [model()]}), "--session", "one",
                 "--no-heal", "--deviation", "0.5")
    assert (done.returncode, done.stderr) == (0, "cadcast: a notice\n"), done
    assert done.stdout == f"http://127.0.0.1:{place.daemon.port}/s/one/viewer\n"
    reset = '{"reset_camera":"RESET"}'
    assert place.notes()[0]["args"][:7] == ["--name", "a b.step", "--no-heal", "--config", reset, "--deviation", "0.5"]
    assert place.daemon.lines("import: session one: a b.step")


def test_several_files_with_what_they_refer_to(place, tmp_path):
    names = {"a/m.obj": "mtllib m.mtl\n", "a/m.mtl": "", "b/m.obj": "", "b/unused.txt": "",
             "c/s.gltf": '{"buffers": [{"uri": "s%20x.bin"}, {"uri": "../../etc/passwd"}], "images": [{"uri": "i/t.png"}]}',
             "c/s x.bin": "", "c/i/t.png": ""}
    for name, text in names.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    seen = tmp_path / "seen"
    importer = tmp_path / "fake_import"
    importer.write_text(f"#!/bin/sh\necho \"$@\" > {seen}\n"
                        f"while [ \"$1\" != --root ]; do shift; done\n(cd \"$2\" && /usr/bin/find . -type f) >> {seen}\n")
    done = place(tmp_path / "a/m.obj", tmp_path / "b/m.obj", tmp_path / "c/s.gltf")
    assert done.returncode == 1 and "3 files: the importer ended with status 0" in done.stderr
    arguments, *found = seen.read_text().splitlines()
    assert arguments.split()[-3:] == ["m.obj", "2-m.obj", "s.gltf"]
    assert sorted(found) == sorted(["./m.obj", "./m.mtl", "./2-m.obj", "./s.gltf", "./s x.bin", "./i/t.png"])


def test_errors_say_which_file_and_why(place, tmp_path):
    assert place().returncode == 2 and place("--session", "a/b", FAKE).returncode == 2
    assert place("--deviation", "x", FAKE).returncode == 2 and place("--nonsense", FAKE).returncode == 2
    missing = place(tmp_path / "none.step")
    assert missing.returncode == 1 and "none.step: No such file" in missing.stderr
    assert "Is a directory" in place(tmp_path).stderr
    empty = write(tmp_path / "empty.step", {})
    empty.write_text("")
    assert "empty.step: it is empty" in place(empty).stderr
    bad = place(write(tmp_path / "bad.step", {"do": "fail", "line": "bad.step is cut off"}))
    assert (bad.returncode, bad.stderr, bad.stdout) == (1, "cadcast: bad.step is cut off\n", "")


def test_a_file_that_is_saved_is_shown_again(place, tmp_path):
    """By another file of its name, as many programs save; what is bad is said, and the watching goes on."""
    path = write(tmp_path / "w.step", {"do": "send", "messages": [model("first")]})
    said = tmp_path / "said"
    with open(said, "wb") as errors:
        watching = subprocess.Popen(
            [PROGRAM, "open", "--watch", "--port", str(place.daemon.port), "--no-browser", str(path)],
            stdout=subprocess.DEVNULL, stderr=errors, env=place.daemon.env)
    try:
        wait_until(lambda: "watching w.step" in said.read_text(), 30, "the watching")
        os.replace(write(tmp_path / "new", {"do": "fail", "line": "w.step is cut off"}), path)
        wait_until(lambda: "w.step is cut off" in said.read_text(), 30, "the error")
        os.replace(write(tmp_path / "new", {"do": "send", "messages": [model("second")]}), path)
        wait_until(lambda: "w.step is shown again" in said.read_text(), 30, "the second show")
        assert len(place.notes()) == 3
        status = json.loads(get(place.daemon.port, "/status").body)
        assert status["sessions"][0]["number"] == 2, status
    finally:
        watching.terminate()
        watching.wait()


def test_a_server_is_started(tmp_path):
    importer = tmp_path / "fake_import"
    shutil.copy(FAKE, importer)
    env = environment(tmp_path / "home", CADCAST_IMPORT=importer)
    path = write(tmp_path / "a.step", {"do": "send", "messages": [model()]})
    port = ["--port", "0"]
    try:
        done = subprocess.run([PROGRAM, "open", "--no-browser", *port, path], capture_output=True, text=True,
                              timeout=60 * SLOW, check=False, env=env)
        assert done.returncode == 0 and "READY http" in done.stderr and done.stdout.startswith("http"), done
    finally:
        subprocess.run([PROGRAM, "stop", *port], env=env, check=False, capture_output=True)


def count(daemon, metric):
    text = get(daemon.port, "/metrics").body.decode()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith(f"cadcast_{metric} ")))


def elsewhere(daemon, *words, **variables):
    """Runs the command as on another machine: with another home, in which no server is known."""
    env = {**daemon.env, "HOME": "/nonexistent", **variables}
    return subprocess.run([PROGRAM, "open", *map(str, words)], capture_output=True, text=True, timeout=60 * SLOW, check=False,
                          env=env)


def with_importer(start, tmp_path, *options):
    importer = tmp_path / "fake_import"
    shutil.copy(FAKE, importer)
    importer.chmod(0o755)
    return start(*options, variables={"CADCAST_IMPORT": importer})


def test_a_server_elsewhere(start, tmp_path, outer):
    """By the address of its page and its token; the session is the address's, and the token is not printed."""
    daemon = with_importer(start, tmp_path, "--host", "0.0.0.0", "--token", "right-token", "--any-user")
    url = f"http://{outer}:{daemon.port}"
    path = write(tmp_path / "a.step", {"do": "send", "messages": [model()]})
    done = elsewhere(daemon, "--server", f"{url}/s/two/viewer?token=right-token", path)
    assert (done.returncode, done.stderr, done.stdout) == (0, "cadcast: a notice\n", f"{url}/s/two/viewer\n")
    done = elsewhere(daemon, "--server", f"{url}/viewer?token=right-token", "--session", "three", path)
    assert done.stdout == f"{url}/s/three/viewer\n"
    assert "token" in elsewhere(daemon, "--server", f"{url}/viewer?token=wrong-token", path).stderr
    bad = write(tmp_path / "bad.step", {"do": "fail", "line": "bad.step is cut off"})
    assert elsewhere(daemon, "--server", f"{url}/?token=right-token", bad).stderr == "cadcast: bad.step is cut off\n"
    for wrong in ("ftp://x/", "http:///viewer", "127.0.0.1:3939"):
        assert elsewhere(daemon, "--server", wrong, path).returncode == 2
    nobody = elsewhere(daemon, "--server", "http://127.0.0.1:1/viewer", path)
    assert (nobody.returncode, nobody.stderr) == (1, "cadcast: the server does not answer at its address\n")
    assert (count(daemon, "files_shown_total"), count(daemon, "files_failed_total")) == (2, 1)


def test_the_certificate_of_a_server_elsewhere(start, tmp_path, outer):
    pair = make_cert(tmp_path / "pair", outer)
    daemon = with_importer(start, tmp_path, "--host", "0.0.0.0", "--token", "right-token", "--any-user", *pair.options)
    path = write(tmp_path / "a.step", {"do": "send", "messages": [model()]})
    words = ["--server", f"https://{outer}:{daemon.port}/viewer?token=right-token", path]
    refused = elsewhere(daemon, *words)
    assert refused.returncode == 1 and "certificate is not valid" in refused.stderr
    assert count(daemon, "files_shown_total") == 0
    assert elsewhere(daemon, *words, SSL_CERT_FILE=str(pair.cert)).returncode == 0


@pytest.mark.parametrize("tls", [False, True])
def test_what_the_server_says_meanwhile_does_not_end_the_sending(start, tmp_path, outer, tls):
    """That it reads, before it has the whole file; with TLS also the tickets of the session."""
    pair = make_cert(tmp_path / "pair", outer)
    daemon = with_importer(start, tmp_path, "--host", "0.0.0.0", "--any-user", "--token", "t" * 16, *(pair.options if tls else ()))
    path = write(tmp_path / "a.step", {"do": "send", "messages": [model()], "filler": "x" * 30_000_000})
    url = f"{'https' if tls else 'http'}://{outer}:{daemon.port}/viewer?token={'t' * 16}"
    done = elsewhere(daemon, "--server", url, path, SSL_CERT_FILE=str(pair.cert))
    assert (done.returncode, done.stderr) == (0, "cadcast: a notice\n"), done


def test_a_terminal_shows_how_far_it_is(place, tmp_path):
    path = write(tmp_path / "a.step", {"do": "progress", "phase": "reading", "messages": [model()]})
    screen, terminal = pty.openpty()
    done = subprocess.Popen([PROGRAM, "open", "--port", str(place.daemon.port), "--no-browser", path], stderr=terminal,
                            stdout=subprocess.DEVNULL, env=place.daemon.env)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(screen, 1000):
            shown += piece
    except OSError:  # its end
        pass
    os.close(screen)
    done.wait(30 * SLOW)
    assert b"a.step: sending, 100 %" in shown and b"a.step: reading, " in shown, shown
