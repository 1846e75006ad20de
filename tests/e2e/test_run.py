# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""cadcast run: a warm Python runs a script as `python script.py` does, and again when it or a module is saved."""
import json
import signal
import subprocess
import sys
import uuid
import venv
from pathlib import Path

import pytest
from conftest import MESSAGES
from daemon import CACHE, PROGRAM, wait_equal, wait_good, wait_until
from peers import Browser
from saving import atomic
from slow import SLOW
from test_api import ask
from test_api_events import Follower
from wire import get

from rerun import Rerun, left, rerunning

LIBRARY = Path(__file__).resolve().parents[1] / "lib"
OURS = '{"viewer":"cadcast","id":"w1","formats":["binary"]}'
CASES = {
    "plain": "print('one')",
    "arguments": "import sys\nprint(sys.argv, sys.path[0], __file__, __name__, __package__, __spec__, __doc__)",
    "globals": "print(sorted(globals()))\nimport __main__, sys\nprint(__main__.__dict__ is globals(), sys.excepthook)",
    "fails to parse": "print('one')\ndef f(:\n    pass\n",
    "another encoding": "# -*- coding: latin-1 -*-\nprint('\xe9')",
    "raises": "def f():\n    raise ValueError('no')\n\ntry:\n    f()\nexcept ValueError as error:\n"
              "    raise KeyError('k') from error",
    "raises in a module": "import helper\nhelper.fail()",
    "an excepthook": "import sys\nsys.excepthook = lambda *what: print('hook', what[0], what[2].tb_lineno)\n1 / 0",
    "exits": "import sys\nprint('x', end='')\nsys.exit(5)",
    "exits with words": "import sys\nsys.exit('words')",
    "exits hard": "import os\nos._exit(9)",
    "is killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "interrupts itself": "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(9)",  # a moment
    "a megabyte": "print('x' * (1 << 20))\nimport sys\nsys.stderr.write('y' * (1 << 20))",
    "reads input": "import sys\nprint(sys.stdin.read().upper(), input if False else 1)",
    "forks": "import os\npid = os.fork()\nif pid == 0:\n    print('child')\nelse:\n    os.waitpid(pid, 0)\n    print('parent')",
    "processes": "import multiprocessing\ndef f(x):\n    return x * x\nif __name__ == '__main__':\n"
                 "    for way in ('fork', 'spawn'):\n"
                 "        with multiprocessing.get_context(way).Pool(2) as pool:\n            print(pool.map(f, [1, 2, 3]))",
    "threads, then a fork": "import threading, os, sys\nt = threading.Thread(target=lambda: print('t')); t.start(); t.join()\n"
                            "sys.stdout.flush()\npid = os.fork()\nif pid == 0: os._exit(3)\nprint(os.waitpid(pid, 0)[1])",
    "a thread that goes on": "import threading, time\nthreading.Timer(0.2, print, ['late']).start()",
    "changes folder": "import os\nos.chdir('/')\nprint(os.getcwd())\n1 / 0",
    "leaves files open": "f = open('left.txt', 'w')\nf.write('left')\nimport atexit\n"
                         "atexit.register(lambda: print('bye'))",
    "closes descriptors": "import os\nos.closerange(3, 300)\nprint('closed')",
    "a module of a usual name": "import shlex\nprint(shlex.mine)",
    "environment": "import os\nprint(os.environ.get('OPENBLAS_NUM_THREADS'), os.environ['OCP_PORT'], os.getcwd())",
    "a broken package": "import build123d_that_is_not_there",
    "signals": "import signal\nprint(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCHLD),"
               " signal.set_wakeup_fd(-1))",
}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "work"
    made.mkdir()
    (made / "helper.py").write_text("def fail():\n    1 / 0\n")
    return made


@pytest.mark.parametrize("name", CASES)
def test_all_is_as_with_plain_python(shared_daemon, folder, name):
    path = folder / "model.py"
    path.write_bytes(CASES[name].encode("latin-1"))
    if "usual name" in name:
        (folder / "shlex.py").write_text("mine = 1")
        (folder / "json.py").write_text("mine = 1")
    compare(shared_daemon, folder, sys.executable)


def compare(daemon, folder, python):
    """Runs the script by itself and by `cadcast run`: exit status and output are the same, and no process stays."""
    marker = str(uuid.uuid4())
    env = {**daemon.env, "OCP_PORT": str(daemon.port), "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
    words = ["model.py", "a b", "--help"]

    def result(*command, **more):
        done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, env={**env, **more}, input=b"in",
                              timeout=120 * SLOW, check=False)
        return done.returncode if done.returncode >= 0 else 128 - done.returncode, done.stdout, done.stderr

    plain = result(python, *words)
    warm = result(PROGRAM, "run", "--once", "--port", daemon.port, "--python", python, *words, MARKER=marker)
    assert warm == plain
    wait_equal(lambda: left(marker), [], "the processes left")
    return plain


# All that a script may do, with one of the large packages, which the warm Python has imported.
LARGE = """
import os, sys, threading
{imports}
print(sys.argv, sys.stdin.read(), __name__, {volume})
thread = threading.Thread(target=lambda: print({volume})); thread.start(); thread.join(); sys.stdout.flush()
pid = os.fork()
if pid == 0:
    print("child", {volume}); sys.exit(3)
print(os.waitpid(pid, 0)[1])
os.chdir("/")
left = open(os.devnull, "w"); left.write("x")
print("y" * (1 << 20))
{fails}
"""
PACKAGES = {
    "clients": {"imports": "from build123d import *", "volume": "Box(1, 2, 3).volume",
                "fails": "fillet(Box(1, 2, 3).edges(), 9)"},
    "cadquery": {"imports": "import cadquery as cq", "volume": "cq.Workplane().box(1, 2, 3).val().Volume()",
                 "fails": "cq.Workplane().box(1, 2, 3).edges().fillet(9)"},
}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_warm_package_is_as_in_plain_python(shared_daemon, folder, name):
    (folder / "model.py").write_text(LARGE.format(**PACKAGES[name]))
    status, output, errors = compare(shared_daemon, folder, CACHE / name / "bin" / "python")
    assert status == 1 and b"child 6" in output and b"site-packages" in errors and len(output) > 1 << 20


def test_what_one_run_leaves_behind_is_ended(shared_daemon, folder):
    (folder / "model.py").write_text(
        "import subprocess\nsubprocess.Popen(['sleep', '1000'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)")
    marker = str(uuid.uuid4())
    subprocess.run([PROGRAM, "run", "--once", "--port", str(shared_daemon.port), "--python", sys.executable, "model.py"],
                   cwd=folder, env={**shared_daemon.env, "MARKER": marker}, check=True, timeout=60 * SLOW)
    wait_equal(lambda: left(marker), [], "the processes left")


class Running(Rerun):
    """`cadcast run` on a script of a folder, with its standard output and errors in files."""

    def __init__(self, daemon, folder, *words, python=sys.executable, script="model.py", after=(), env=None):
        self.out = folder.parent / "out"
        with open(self.out, "wb") as out:
            super().__init__(daemon, folder, "run", "--port", daemon.port, "--python", python, *words, script, *after,
                             out=out, env=env)

    def lines(self):
        return self.out.read_text().splitlines()

    def wait_lines(self, expected):
        wait_equal(self.lines, expected, "the output")

    def wait_said(self, text, count=1):
        return wait_good(self.said.read_text, lambda said: said.count(text) >= count, text)

    def stop(self, number=signal.SIGINT):
        super().stop(number)


@pytest.fixture
def running(shared_daemon, folder):
    yield from rerunning(lambda *words, **more: Running(shared_daemon, folder, *words, **more))


@pytest.mark.parametrize("how", [[], ["--fresh"]])
def test_it_runs_again_when_it_is_saved(running, folder, how):
    path = folder / "model.py"
    path.write_text("import os\nprint('one', os.getppid(), flush=True)")
    run = running(*how)
    run.wait_said("done in")
    atomic(path, "import os\nprint('two', os.getppid(), flush=True)\n1 / 0")
    run.wait_said("exit status 1 after")
    (one, parent), (two, other) = map(str.split, run.lines())
    assert (one, two) == ("one", "two")
    assert parent == other and (int(parent) == run.process.pid) == (how != [])
    run.stop()


def test_modules_of_the_folder_are_watched(running, folder):
    """Also one that is not there yet, and one of a package; not what stays unused."""
    path = folder / "model.py"
    path.write_text("import helper\nimport parts.gear\nprint(helper.value, parts.gear.value, flush=True)\n"
                    "import late\nprint(late.value, flush=True)")
    (folder / "helper.py").write_text("value = 1")
    (folder / "unused.py").write_text("value = 1")
    (folder / "parts").mkdir()
    (folder / "parts" / "__init__.py").write_text("")
    (folder / "parts" / "gear.py").write_text("value = 1")
    run = running()
    run.wait_said("No module named 'late'")
    run.wait_said("exit status 1 after")
    atomic(folder / "late.py", "value = 'late'")
    run.wait_lines(["1 1", "1 1", "late"])
    run.wait_said("done in")
    atomic(folder / "parts" / "gear.py", "value = 22")
    run.wait_lines(["1 1", "1 1", "late", "1 22", "late"])
    run.wait_said("done in", 2)
    atomic(folder / "unused.py", "value = 2")
    atomic(folder / "helper.py", "value = 33")
    run.wait_lines(["1 1", "1 1", "late", "1 22", "late", "33 22", "late"])
    run.stop()


def test_a_virtual_environment_in_the_folder_is_not_the_script(running, folder, shared_daemon, tmp_path):
    """Its files are neither watched nor named in the error; and the way to the folder may have a link."""
    venv.create(folder / ".venv", symlinks=True)
    package = next(folder.glob(".venv/lib/python*/site-packages")) / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "deep.py").write_text("def fail():\n    1 / 0")
    (folder / "model.py").write_text("import package.deep, helper\nprint('run', flush=True)\npackage.deep.fail()")
    (tmp_path / "link").symlink_to(folder)
    run = running(python=folder / ".venv" / "bin" / "python", script=tmp_path / "link" / "model.py")
    run.wait_said("exit status 1 after")
    assert default(shared_daemon)["failed"].splitlines()[2:3] == ["model.py, line 3: package.deep.fail()"]
    assert "deep.py" not in default(shared_daemon)["failed"]
    atomic(package / "deep.py", "def fail():\n    pass")
    atomic(folder / "helper.py", "\n")
    run.wait_said("done in")
    assert run.lines() == ["run", "run"] and "deep.py has changed" not in run.said.read_text()
    run.stop()


def test_a_module_that_is_saved_during_the_run_counts(running, folder):
    path = folder / "model.py"
    path.write_text("import helper, os, time\nprint(helper.value, flush=True)\n"
                    "if helper.value == 1:\n    time.sleep(1000)")  # longer than the test
    (folder / "helper.py").write_text("value = 1")
    run = running()
    run.wait_lines(["1"])
    atomic(folder / "helper.py", "value = 2")
    run.wait_lines(["1", "2"])
    run.stop()


def test_a_script_that_hangs_gives_way(running, folder):
    path = folder / "model.py"
    path.write_text("import subprocess\nprint('one', flush=True)\nsubprocess.run(['sleep', '1000'])")
    run = running()
    run.wait_lines(["one"])
    first = set(wait_good(lambda: left(run.marker), lambda pids: len(pids) == 4, "four processes"))
    path.write_text("print('two', flush=True)")
    run.wait_lines(["one", "two"])
    run.wait_said("done in")
    wait_good(lambda: set(left(run.marker)), lambda pids: len(pids) == 2 and pids < first, "two of them")
    run.stop()


def test_ctrl_c_ends_a_script_that_runs(running, folder):
    path = folder / "model.py"
    path.write_text("print('one', flush=True)\nimport time\ntime.sleep(1000)")  # longer than the test
    run = running()
    run.wait_lines(["one"])
    run.stop()
    assert "KeyboardInterrupt" in run.said.read_text()


def test_nothing_stays_when_cadcast_is_killed(running, folder):
    (folder / "model.py").write_text("print('one', flush=True)\nimport time\ntime.sleep(1000)")  # longer than the test
    run = running()
    run.wait_lines(["one"])
    run.process.kill()
    run.process.wait()
    wait_equal(lambda: left(run.marker), [], "the processes left")


def test_a_package_that_changes_starts_python_anew(running, folder, tmp_path, shared_daemon):
    """Its processes have it imported only once, until then."""
    package = tmp_path / "site" / "build123d.py"
    package.parent.mkdir()
    package.write_text("import os\nvalue = 1\nowner = os.getpid()")
    path = folder / "model.py"
    path.write_text("import build123d, os\nprint(build123d.value, build123d.owner == os.getppid(), flush=True)")
    shared_daemon.env["PYTHONPATH"] = str(package.parent)
    try:
        run = running()
    finally:
        del shared_daemon.env["PYTHONPATH"]
    run.wait_said("done in")
    atomic(package, "import os\nvalue = 22\nowner = os.getpid()")
    atomic(path, path.read_text() + "\n# again")
    run.wait_lines(["1 True", "22 True"])
    run.stop()


def notices(page):
    """All that the page has been told, without the seconds of what runs."""
    found = [json.loads(text) for text in list(page.messages.queue) if isinstance(text, str) and text.startswith("{")]
    return [(each["key"], each["text"]) for each in found if each.get("type") == "notice"]


def default(daemon):
    sessions = json.loads(get(daemon.port, "/status").body)["sessions"]
    return next(each for each in sessions if each["name"] == "default")


def test_all_are_told_of_a_run(daemon, folder):
    """The page that it runs, and why it failed until one succeeds, or that it showed nothing; a page that comes later
    too, the status, the events and the terminal."""
    (folder / "model.py").write_text("print('one', flush=True)\nimport time\ntime.sleep(1000)")  # until it is saved
    follower = Follower(daemon)
    with Browser(daemon.port, hello=OURS) as page:
        run = Running(daemon, folder, after=["a", "b c"])
        try:
            run.wait_lines(["one"])
            told = default(daemon)["run"]
            assert told["command"] == "model.py a b c" and 0 <= told["seconds"] < 600
            with Browser(daemon.port, hello=OURS) as later:
                wait_equal(lambda: notices(later), [("run", "model.py a b c")], "those of a later page")
            atomic(folder / "model.py", "import helper\nhelper.fail()")
            run.wait_said("exit status 1 after")
            text = default(daemon)["failed"]
            assert text.splitlines() == [
                "model.py a b c failed, exit status 1", "ZeroDivisionError: division by zero",
                "model.py, line 2: helper.fail()", "helper.py, line 2: 1 / 0"]
            assert default(daemon)["run"] is None
            began, over = ("run", "model.py a b c"), ("run", "")
            wait_equal(lambda: notices(page), [began, over, began, over, ("refused", text)], "the notices")
            with Browser(daemon.port, hello=OURS) as later:
                wait_equal(lambda: notices(later), [("refused", text)], "those of a later page")
            atomic(folder / "model.py", "print('two', flush=True)")
            run.wait_said("s, and nothing was shown")
            assert default(daemon)["failed"] is None
            nothing = ("run", "model.py a b c has ended and showed nothing.")
            wait_equal(lambda: notices(page)[5:], [began, ("refused", ""), nothing], "the last notices")
            run.stop()
        finally:
            run.end()
    events = [follower.until(kind) for kind in ("run_started", "run_ended", "run_started", "run_failed", "run_ended")]
    assert all(each["command"] == "model.py a b c" and each["session"] == "default" for each in events)
    assert [each.get("exit", "none") for each in events] == ["none", None, "none", 1, 0]
    assert [each.get("shown") for each in events] == [None, False, None, False, False]
    assert events[3]["why"].startswith("ZeroDivisionError") and events[4]["seconds"] >= 0


def test_a_run_that_shows_is_not_said_to_show_nothing(running, folder, shared_daemon):
    """What it shows comes from itself, or from a process that it started."""
    (folder / "model.py").write_text(
        "import os, sys\nsys.path.append(os.environ['LIBRARY'])\nfrom peers import Kernel\n"
        f"Kernel(int(os.environ['OCP_PORT'])).send(open({str(MESSAGES / 'box-model.msg')!r}, 'rb').read())\n")
    follower = Follower(shared_daemon)
    run = running(env={"LIBRARY": str(LIBRARY)})
    run.wait_said("done in")
    assert follower.until("run_ended")["shown"] is True and "nothing" not in run.said.read_text()
    atomic(folder / "model.py", "1 / 0")
    run.wait_said("exit status 1")
    assert default(shared_daemon)["failed"].splitlines()[-1] == "The picture is of a run before."
    run.stop()


@pytest.mark.parametrize("raised, told", [
    ("ValueError('\\0 \\ud800' + '\u6f22' * 1000)", "ValueError:   ?\u6f22"),
    ("type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Odd: <exception str() failed>"),
])
def test_an_exception_that_is_hard_to_tell(shared_daemon, folder, raised, told):
    (folder / "model.py").write_text("\n" * 9 + "def f(n): return f(n - 1) if n else 1 / 0  # " + "\u6f22" * 300
                                     + f"\ntry: f(20)\nfinally: raise {raised}")
    follower = Follower(shared_daemon)
    done = subprocess.run([PROGRAM, "run", "--once", "--port", str(shared_daemon.port), "--python", sys.executable,
                           "model.py"], cwd=folder, env=shared_daemon.env, capture_output=True, timeout=60 * SLOW,
                          check=False)
    assert done.returncode == 1
    assert follower.until("run_failed")["why"].startswith(told)


def test_what_is_told_is_checked(daemon):
    def tell(**body):
        return ask(daemon, "POST", "/sessions/run", {"session": "default", "command": "x", **body}).status

    ended = {"state": "ended", "seconds": 1, "why": ""}
    assert tell(state="started") == 200 and tell(**ended, exit=3) == 200
    assert default(daemon)["failed"] == "x failed, exit status 3"
    assert tell(**ended, exit=None) == 200 and default(daemon)["failed"] is not None
    assert tell(**ended, exit=0) == 200 and default(daemon)["failed"] is None
    assert tell(state="started", session="none") == 404 and tell(state="started", session=None) == 400
    assert tell(state="other") == 400 and tell(state="started", command="x" * 201) == 400
    for wrong in ({"exit": 0, "why": 1}, {"exit": "0"}, {}, {"exit": 0, "seconds": "1"}, {"exit": 0, "why": "x" * 16385}):
        assert tell(**{**ended, **wrong}) == 400, wrong


def test_wrong_words(shared_daemon, folder):
    def run(*words):
        return subprocess.run([PROGRAM, "run", "--port", str(shared_daemon.port), *words], cwd=folder, text=True,
                              capture_output=True, env=shared_daemon.env, timeout=60 * SLOW, check=False)

    assert run().returncode == 2 and run("--nonsense", "helper.py").returncode == 2
    missing = run("none.py")
    assert missing.returncode == 1 and "none.py: there is no such file" in missing.stderr
    assert run("--once", "--python", "no-such-python", "helper.py").returncode == 127


SHOWS = {
    "clients": ("import time\nbegin = time.monotonic()\nfrom build123d import *\nfrom ocp_viewer import show\n"
                "import numpy\nshow(Box(1, 2, SIZE), names=['box'])\n"
                "print('random', numpy.random.random())\nprint('spent', time.monotonic() - begin)\n"),
    "cadquery": ("import time\nbegin = time.monotonic()\nimport cadquery as cq\nfrom ocp_viewer import show\n"
                 "import numpy\nshow(cq.Workplane().box(1, 2, SIZE), names=['box'])\n"
                 "print('random', numpy.random.random())\nprint('spent', time.monotonic() - begin)\n"),
}


@pytest.mark.parametrize("name", SHOWS)
def test_the_real_clients(running, folder, shared_daemon, name):
    """The second run does not import them; its random numbers are others."""
    path = folder / "model.py"
    path.write_text(SHOWS[name].replace("SIZE", "3"))
    before = shared_daemon.health()
    run = running(python=CACHE / name / "bin" / "python")
    wait_until(lambda: "done in" in run.said.read_text(), 120, "the first run")
    atomic(path, SHOWS[name].replace("SIZE", "4"))
    run.wait_said("done in", 2)
    spent = [float(line.split()[1]) for line in run.lines() if line.startswith("spent")]
    assert spent[1] < 1 * SLOW, spent
    assert len({line for line in run.lines() if line.startswith("random")}) == 2
    assert before is not None
    run.stop()
