# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""cadcast watch: a command is run once for every save, in whatever way a program saves."""
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from daemon import PROGRAM, wait_good, wait_until
from saving import SLOW_WAYS, WAYS, atomic, in_place
from slow import SLOW
from wire import get

from rerun import Rerun, left, rerunning

# CADCAST_SAVES=1000: as many in a row.
SAVES = int(os.environ.get("CADCAST_SAVES", "200"))


class Watching(Rerun):
    """`cadcast watch` in a folder."""

    def __init__(self, daemon, folder, *words, first=True, through=()):
        self.folder = folder
        self.log = folder.parent / "log"
        self.log.write_text("")
        super().__init__(daemon, folder, "watch", "--port", daemon.port, *words, env={"LOG": str(self.log)},
                         through=through)
        if first:
            self.wait_runs(1)

    def runs(self):
        """What the command has written, a line each time; one without its end is of a run that is not over."""
        return self.log.read_text().rpartition("\n")[0].splitlines()

    def wait_runs(self, count):
        runs = wait_good(self.runs, lambda runs: len(runs) >= count, f"run {count}")
        assert len(runs) == count, (runs, self.said.read_text())
        return runs

    def stop(self, number=signal.SIGINT):
        super().stop(number)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "work"
    made.mkdir()
    return made


@pytest.fixture
def watching(shared_daemon, folder):
    yield from rerunning(lambda *words, **more: Watching(shared_daemon, folder, *words, **more))


# The text of the file becomes a line of the log; some editors end it with one, others do not.
COPY = ("--", "sh", "-c", 'echo "$(cat "$0")" >> "$LOG"')


@pytest.mark.parametrize("how", ["events", "poll"])
def test_every_way_of_saving_is_one_run(watching, folder, how):
    path = folder / "model.py"
    path.write_text("first")
    run = watching(*(["--poll", "--debounce", "60"] if how == "poll" else []), path, *COPY, path)
    expected = ["first"]
    for way in WAYS + SLOW_WAYS:
        expected.append(f"by-{way.__name__}")
        way(path, expected[-1])
        assert run.wait_runs(len(expected)) == expected
    time.sleep(0.5)  # longer than the quiet time, in which a second run would come
    assert run.runs() == expected
    run.stop()


@pytest.fixture
def overlay(tmp_path, folder):
    """A folder, /proc/.../work, of a mount namespace in which a layer above lies over one that has the file; and the
    command that begins another one there."""
    for name in ("lower", "upper", "own"):
        (tmp_path / name).mkdir()
    (tmp_path / "lower" / "model.py").write_text("first")
    options = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/own"
    script = f'mount -t overlay overlay -o "{options}" "{folder}" && echo mounted && exec sleep 1000'  # until its end
    with subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT) as process:
        try:
            said = process.stdout.readline()
            if said != "mounted\n":
                pytest.skip(f"no overlay can be mounted here: {said.strip()}")
            yield Path(f"/proc/{process.pid}/root{folder}"), ["nsenter", "-t", process.pid, "-m"]
        finally:
            process.kill()


@pytest.mark.parametrize("place", ["tmpfs", "overlay"])
def test_other_file_systems(watching, request, folder, place):
    if place == "overlay":
        seen, through = request.getfixturevalue("overlay")
        path = folder / "model.py"
    else:
        seen, through = Path(request.getfixturevalue("memory")), []
        path = seen / "model.py"
        path.write_text("first")
    run = watching(path, *COPY, path, through=through)
    expected = ["first"]
    for way in WAYS:
        expected.append(f"by-{way.__name__}")
        way(seen / "model.py", expected[-1])
        assert run.wait_runs(len(expected)) == expected
    run.stop()


@pytest.fixture
def memory():
    """A folder that is kept in memory."""
    types = dict(line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines())
    if types.get("/dev/shm") != "tmpfs":
        pytest.skip("/dev/shm is no tmpfs here")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as made:
        yield made


def test_many_saves_none_missed_none_twice(watching, folder):
    path = folder / "model.py"
    path.write_text("0")
    run = watching("--debounce", "20", path, *COPY, path)
    for i in range(1, SAVES + 1):
        WAYS[i % len(WAYS)](path, str(i))
        wait_good(run.runs, lambda runs, i=i: runs[-1:] == [str(i)], f"save {i}")
    assert run.runs() == [str(i) for i in range(SAVES + 1)]
    run.stop()


def test_a_file_that_goes_and_comes_back(watching, folder):
    path = folder / "model.py"
    path.write_text("a")
    run = watching(path, *COPY, path)
    path.unlink()
    time.sleep(0.3)  # longer than the quiet time
    assert run.runs() == ["a"]
    path.write_text("b")
    assert run.wait_runs(2)[-1] == "b"
    moved = folder.parent / "moved"
    folder.rename(moved)
    (moved / "model.py").unlink()
    folder.mkdir()
    path.write_text("c")
    assert run.wait_runs(3)[-1] == "c"
    atomic(path, "d")
    assert run.wait_runs(4)[-1] == "d"
    run.stop()


def test_a_link_and_what_is_behind_it(watching, folder, tmp_path):
    real = tmp_path / "elsewhere" / "real.py"
    real.parent.mkdir()
    real.write_text("a")
    path = folder / "model.py"
    path.symlink_to(real)
    run = watching(path, *COPY, path)
    atomic(real, "b")
    assert run.wait_runs(2)[-1] == "b"
    run.stop()


def test_a_folder_and_those_below_it(watching, folder):
    (folder / "a" / "b").mkdir(parents=True)
    run = watching(folder, "--", "sh", "-c", 'echo run >> "$LOG"')
    for name in ("one.py", "a/b/two.py", "a/new/three.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        count = len(run.runs())
        in_place(folder / name, name)
        wait_good(run.runs, lambda runs, count=count: len(runs) > count, name)
        time.sleep(0.3)  # longer than the quiet time: a folder may come before its file
    count = len(run.runs())
    for name in (".hidden", "one.py~", "__pycache__/x.pyc", ".git/index"):
        (folder / name).parent.mkdir(exist_ok=True)
        in_place(folder / name, name)
    time.sleep(0.5)  # longer than the quiet time
    assert len(run.runs()) == count
    run.stop()


def failed(daemon):
    sessions = json.loads(get(daemon.port, "/status").body)["sessions"]
    return next(each for each in sessions if each["name"] == "default")["failed"]


FAILING = r"""i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo "line $i" >&2; done
printf '10 %%\r20 %%\r\033[31merror:\033[0m no \303\244\n' >&2; cat "$0" >&2; exit 3"""


def test_why_a_command_failed_is_told(shared_daemon, watching, folder):
    """The last lines that it says on standard error, which the terminal has all of."""
    (folder / "file").write_text("first\n")
    run = watching("file", "--", "sh", "-c", FAILING, "file", first=False)
    wait_until(lambda: "exit status 3" in run.said.read_text(), what="the end of the run")
    said = run.said.read_bytes()
    assert [b"line %d\n" % i in said for i in (1, 1500, 3000)] == [True] * 3 and b"\033[31merror" in said
    told = failed(shared_daemon).splitlines()
    assert told[0].endswith("failed, exit status 3") and told[1] == "line 2993"
    assert told[-2:] == ["error: no ä", "first"]
    atomic(folder / "file", "x" * 5000 + "\n")
    wait_until(lambda: (failed(shared_daemon) or "").endswith("xxx"), what="one long line")
    assert len(failed(shared_daemon)) < 2300
    run.stop()


def test_a_command_has_a_terminal_if_we_have_one(shared_daemon, folder):
    (folder / "file").write_text("a")
    ours, theirs = os.openpty()
    with subprocess.Popen([PROGRAM, "watch", "--once", "--port", str(shared_daemon.port), "file", "--", "sh", "-c",
                           "test -t 2 && printf 'it is \\377\n' >&2; exit 3"], cwd=folder, env=shared_daemon.env, stderr=theirs) as run:
        os.close(theirs)
        assert run.wait(60 * SLOW) == 3
    assert os.read(ours, 100) == b"it is \xff\r\n"
    os.close(ours)
    assert failed(shared_daemon).splitlines()[1:2] == ["it is ?"]


def test_a_run_that_hangs_is_ended_with_its_processes(watching, folder):
    path = folder / "model.py"
    path.write_text("a")
    run = watching(path, "--", "sh", "-c", 'sleep 1000 & echo $$ >> "$LOG"; wait')
    first = left(run.marker)
    assert len(first) >= 3
    path.write_text("b")
    run.wait_runs(2)
    assert run.process.pid in left(run.marker) and not (set(first) - {run.process.pid}) & set(left(run.marker))
    run.stop(signal.SIGTERM)


def test_a_run_that_ignores_signals_is_killed(watching, folder):
    path = folder / "model.py"
    path.write_text("a")
    run = watching(path, "--", "sh", "-c", 'trap "" TERM INT; echo $$ >> "$LOG"; while :; do sleep 1; done')
    begin = time.monotonic()
    path.write_text("b")
    run.wait_runs(2)
    assert time.monotonic() - begin > 2.9
    run.process.send_signal(signal.SIGINT)
    wait_until(lambda: run.process.poll() is None, 1)
    run.stop()  # the second one does not wait


def test_a_process_that_stays_behind_is_ended_at_the_next_run(watching, folder):
    path = folder / "model.py"
    path.write_text("a")
    run = watching(path, "--", "sh", "-c", 'sleep 1000 & echo $! >> "$LOG"')
    path.write_text("b")
    pids = run.wait_runs(2)
    assert pids[0] not in map(str, left(run.marker))
    assert pids[1] in map(str, left(run.marker))
    run.stop()


def test_once_words_and_exit_statuses(shared_daemon, folder):
    def watch(*words):
        return subprocess.run([PROGRAM, "watch", "--port", str(shared_daemon.port), *map(str, words)], cwd=folder,
                              capture_output=True, text=True, env=shared_daemon.env, timeout=60 * SLOW, check=False)

    port = watch("--once", ".", "--", "sh", "-c", "echo $OCP_PORT --help; exit 7")
    assert (port.returncode, port.stdout, port.stderr) == (7, f"{shared_daemon.port} --help\n", "")
    assert watch("--once", ".", "--", "sh", "-c", "kill -9 $$").returncode == 137
    assert watch("--once", ".", "--", "no-such-command").returncode == 127
    missing = watch("nothing.py", "--", "true")
    assert missing.returncode == 1 and "nothing.py: there is no such file" in missing.stderr
    for words in ([], ["."], [".", "--"], ["--debounce", "0", ".", "--", "true"],
                  ["--session", "a/b", ".", "--", "true"], ["--nonsense", ".", "--", "true"]):
        assert watch(*words).returncode == 2, words
    other = watch("--once", "--session", "bracket", ".", "--", "sh", "-c", "echo $OCP_PORT")
    assert other.stdout.strip().isdigit() and other.stdout.strip() != str(shared_daemon.port)
    again = watch("--once", "--session", "bracket", ".", "--", "sh", "-c", "echo $OCP_PORT")
    assert again.stdout == other.stdout
