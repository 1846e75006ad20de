# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Faults of the machine, injected into the real daemon: what is lost, and how soon there is service
again. The table in docs/reliability.md is made of the lines that these tests write to the file
named by CADCAST_FAULT_REPORT. CADCAST_FAULTS says how often to kill (12; the table: 200)."""
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import threading
import time
from pathlib import Path

import pytest
from conftest import recorded
from daemon import PROGRAM, ROOT, Daemon, wait_until
from exact import ExactKernel, FakeHelper, recorded_show, shape
from peers import Browser, Kernel
from slow import SLOW
from websockets.exceptions import WebSocketException
from wire import Closed, Wire, get

TIMES = int(os.environ.get("CADCAST_FAULTS", "12"))
PARTS = ROOT / "tests" / "data" / "measure" / "box-backend.msg"


def report(fault, how, lost, times=None):
    """A row of the table. `times`: seconds to service."""
    took = "-"
    if times:
        took = f"{statistics.median(times) * 1000:.0f} ms, at most {max(times) * 1000:.0f} ms"
    row = f"| {fault} | {how} | {lost} | {took} |"
    print(row)
    path = os.environ.get("CADCAST_FAULT_REPORT")
    if path:
        with open(path, "a", encoding="utf-8") as table:
            table.write(row + "\n")


def numbered(number, size=1000):
    return '{"type":"data","data":{"shapes":{},"config":{},"n":%d,"x":"%s"}}' % (number, "y" * size)


def number_of(model):
    return json.loads(model)["data"]["n"]


def serves(daemon):
    """A kernel's model arrives at a browser."""
    with Browser(daemon.port) as browser:
        browser.settle()
        Kernel(daemon.port).send(recorded("box-model"))
        while browser.next() != recorded("box-model")[2:].decode():
            pass


# -- kill -9

def on_disk(folder):
    """What the forms of the pictures there hold; they may be renamed at any time."""
    found = b""
    for path in folder.glob("*.picture*"):
        try:
            found += path.read_bytes()
        except FileNotFoundError:
            pass
    return found


def test_kill_the_daemon_at_random_moments(tmp_path):
    """What had been kept is there again, whole; what was sent after it is there or is not, but
    nothing is half."""
    dice = random.Random(5)
    state, times, lost, behind = tmp_path / "pictures", [], 0, []
    number = 0
    daemon = Daemon(tmp_path / "home", "--state-dir", state)
    for _ in range(TIMES):
        kernel = Kernel(daemon.port)
        number += 1
        kernel.send("D:" + numbered(number))
        safe = number
        mark = b'"n":%d,' % safe
        wait_until(lambda mark=mark: mark in on_disk(state), what="writing")
        stop = threading.Event()

        def show(kernel=kernel, stop=stop):
            nonlocal number
            while not stop.is_set():
                try:
                    kernel.send("D:" + numbered(number + 1, dice.choice([10, 1000, 300_000])))
                    number += 1
                except (OSError, WebSocketException, EOFError):
                    return
        thread = threading.Thread(target=show)
        thread.start()
        time.sleep(dice.random() * 0.2)  # a random moment
        daemon.kill()
        stop.set()
        thread.join()
        before = time.monotonic()
        daemon = Daemon(tmp_path / "home", "--state-dir", state)
        with Browser(daemon.port) as browser:
            found = number_of(browser.next())
        times.append(time.monotonic() - before)
        lost += found < safe
        behind.append(number - found)
        assert found <= number + 1
        number += 1
    daemon.stop()
    daemon.check_clean()
    assert lost == 0
    assert statistics.median(behind) <= 1, behind
    report("the daemon is killed", f"`kill -9` at a random moment of a stream of shows, {TIMES} times, `--state-dir`",
           f"no saved picture; of a stream of shows without a pause the last {statistics.median(behind):.0f} "
           f"(median), {max(behind)} (most)", times)


SOLID = {"activeTool": "PropertiesMeasurement", "selectedShapeIDs": ["/Group/Solid", False]}


def helpers(daemon):
    text = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in text.split()]


def measured(browser, seconds=30):
    """The next answer to a question to the helper."""
    while True:
        answer = json.loads(browser.next(seconds))
        if answer.get("type") == "backend_response":
            return answer


def test_kill_the_helper_at_random_moments(start):
    """Every question is answered all the same, and the daemon does not notice otherwise."""
    if not (Path(PROGRAM).parent / "src/helper/cadcast-geometry").is_file():
        pytest.skip("cadcast-geometry is not built")
    daemon = start("--measure-timeout", "20")
    dice = random.Random(7)
    times, wrong = [], 0
    with Browser(daemon.port) as browser:
        browser.settle()
        for _ in range(TIMES):
            # A part that is measured while two helpers die is set aside, until it is shown anew.
            Kernel(daemon.port).send(PARTS.read_bytes())
            killer = threading.Timer(dice.random() * 0.03, lambda: [kill(pid) for pid in helpers(daemon)])
            before = time.monotonic()
            killer.start()
            browser.say("status", SOLID)
            answer = measured(browser)
            killer.join()
            times.append(time.monotonic() - before)
            wrong += "volume" not in json.dumps(answer)
            browser.say("status", {"selectedShapeIDs": []})
    # Asked once more without a fault, it is right.
    Kernel(daemon.port).send(PARTS.read_bytes())
    with Browser(daemon.port) as browser:
        browser.settle()
        browser.say("status", SOLID)
        assert "volume" in json.dumps(measured(browser))
    report("the helper is killed", f"`kill -9` at a random moment of a question, {TIMES} times",
           f"no question without an answer; {wrong} answers that said that it could not be measured", times)
    assert wrong <= TIMES // 4


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


# -- stopped and continued

def test_stopped_and_continued(start):
    """Longer than every deadline: no peer is closed for bytes that could not be read meanwhile."""
    # This process answers pings, and may itself have to wait for the processor.
    options = ["--ping-interval", "1", "--ping-timeout", "3", "--header-timeout", "2", "--stall-timeout", "2",
               "--handshake-timeout", "2"]
    daemon = start(*options)
    browsers = [Browser(daemon.port).settle() for _ in range(4)]
    with Wire(daemon.port) as slow:
        time.sleep(1.4)  # some wait for a pong when it comes
        slow.send(b"GET /healthz HTTP/1.1\r\nHost: loc")
        os.kill(daemon.pid, signal.SIGSTOP)
        slow.send(b"alhost\r\n\r\n")
        kernel = threading.Thread(target=Kernel(daemon.port).send, args=(recorded("bracket-model"),))
        kernel.start()
        time.sleep(6)  # longer than every deadline
        os.kill(daemon.pid, signal.SIGCONT)
        before = time.monotonic()
        for browser in browsers:
            assert browser.next() == recorded("bracket-model")[2:].decode()
        took = time.monotonic() - before
        assert slow.read_response().status == 200
        kernel.join()
    time.sleep(4.5)  # longer than a ping and its deadline
    assert daemon.health()["browsers"] == 4
    for browser in browsers:
        assert browser.code is None, "thrown out"
        browser.close()
    report("the process stands still", "SIGSTOP for longer than every deadline, SIGCONT", "nothing: no connection, no show",
           [took])


# -- memory

def test_no_memory(start):
    """RLIMIT_AS while it runs: what does not fit is refused, all else goes on."""
    if "asan" in str(PROGRAM) or "tsan" in str(PROGRAM):
        pytest.skip("sanitizers need the address space")
    daemon = start("--backend", "none", "--max-memory", "4G")
    with Browser(daemon.port) as browser:
        browser.settle()
        Kernel(daemon.port).send(recorded("box-model"))
        browser.next()
        size = int(Path(f"/proc/{daemon.pid}/statm").read_text(encoding="ascii").split()[0]) * 4096
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, (size + (24 << 20), resource.RLIM_INFINITY))
        for _ in range(3):
            try:
                Kernel(daemon.port).send("D:" + numbered(1, 100_000_000))
            except WebSocketException:
                pass
        crowd = []
        try:
            for _ in range(300):
                crowd.append(Wire(daemon.port))
                crowd[-1].request("GET", "/viewer")
        except OSError:
            pass
        Kernel(daemon.port).send(recorded("bracket-model"))
        before = time.monotonic()
        while browser.next() != recorded("bracket-model")[2:].decode():
            pass
        for each in crowd:
            each.close()
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        Kernel(daemon.port).send("D:" + numbered(2, 50_000_000))
        while len(browser.next(30)) < 50_000_000:
            pass
        took = time.monotonic() - before
    report("no memory", "`RLIMIT_AS` 24 MiB above what is in use, models of 100 MB, 300 connections",
           "the models that did not fit; small ones still arrived", [took])


def test_helper_killed_while_it_meshes(start):
    """The real one, at a random moment; every show is whole."""
    daemon = start("--mesh-processes", 2, "--no-state")
    if get(daemon.port, "/api/exact").status == 404:
        pytest.skip("cadcast-geometry is not built here")
    payload, shapes = recorded_show(ROOT / "tests" / "data", "zoo")
    killed, times, turn = 0, [], 0
    with ExactKernel(daemon.port) as kernel:
        parts = kernel.show(shapes, payload=payload)[1]["parts"]
        while killed < TIMES:
            turn += 1
            # Each is another mesh.
            mesh = {"deviation": 0.02 + turn * 1e-5, "angular_tolerance": 0.1}
            kernel.begin({**payload, "mesh": mesh})
            assert kernel.wanted() == []
            time.sleep(random.uniform(0, 0.03))  # a random moment
            if daemon.metric("mesh_waiting") > 0 and (running := helpers(daemon)):
                os.kill(random.choice(running), signal.SIGKILL)
                killed += 1
            before = time.monotonic()
            answer = kernel.answer()
            times.append(time.monotonic() - before)
            assert answer["ok"] and answer["parts"] == parts and answer["notices"] == [], answer
    report("the helper is killed while it meshes", f"`kill -9` at a random moment of a show, {killed} times",
           "nothing: every show was whole", times)


# -- the disk

def need_root():
    if os.geteuid() != 0:
        pytest.skip("only root can mount")


@pytest.fixture
def small_disk(tmp_path):
    need_root()
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"cannot mount: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def trouble(daemon):
    """Why pictures are not written at the moment, or None."""
    return json.loads(get(daemon.port, "/status").body)["state"]["trouble"]


def test_disk_full(start, small_disk, tmp_path):
    """Pictures, log and screenshots on a disk without room: they are missing, nothing else is."""
    daemon = start("--state-dir", small_disk / "pictures", "--log-file", small_disk / "log")
    (small_disk / "filler").write_bytes(b"x" * (1 << 20))
    with Browser(daemon.port) as browser:
        browser.settle()
        for turn in range(3):
            Kernel(daemon.port).send("D:" + numbered(turn, 3_000_000))
            assert number_of(browser.next()) == turn
        wait_until(lambda: trouble(daemon), what="the disk's being full")
        (small_disk / "filler").unlink()
        before = time.monotonic()
        Kernel(daemon.port).send("D:" + numbered(7, 100))
        assert number_of(browser.next()) == 7
        took = time.monotonic() - before
    assert daemon.stop() == 0
    again = start("--state-dir", small_disk / "pictures")
    with Browser(again.port) as browser:
        assert number_of(browser.next()) == 7
    report("disk full", "state and log on a tmpfs of 2 MiB", "new saved pictures, while there is no room", [took])


def test_the_last_picture_comes_before_its_history(start, small_disk):
    """The end of a server whose earlier pictures fill the disk: the last one is there."""
    daemon = start("--state-dir", small_disk / "pictures")
    with Browser(daemon.port) as browser:
        browser.settle()
        for number, size in enumerate([2_500_000, 2_600_000, 2_700_000, 100]):
            if size == 100:
                wait_until(lambda: trouble(daemon), what="the disk's being full")
            Kernel(daemon.port).send("D:" + numbered(number, size))
            assert number_of(browser.next()) == number
    assert daemon.stop() == 0
    again = start("--state-dir", small_disk / "pictures")
    with Browser(again.port) as browser:
        assert number_of(browser.next()) == 3


def test_meshes_on_a_full_disk(start, small_disk, tmp_path):
    """Shows go on, in one line of the log; what is on the disk is whole, and is used after a restart."""
    folder, helper = small_disk / "pictures", FakeHelper(tmp_path)
    daemon = start("--state-dir", folder, variables=helper.variables)
    shapes = [shape("before")]
    with ExactKernel(daemon.port) as kernel:
        assert kernel.show(shapes)[1]["ok"]
        wait_until(lambda: len(list(folder.glob("meshes/*.mesh"))) == 1)
        with open(small_disk / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(b"x" * 4096):
                pass
        for n in range(20):
            shapes.append(shape(f"full{n}"))
            assert kernel.show(shapes)[1]["ok"]
        wait_until(lambda: daemon.lines("meshes cannot be kept"), what="the disk's being full")
        wait_until(lambda: daemon.metric("pool_jobs") == 0)
        assert len(daemon.lines("meshes cannot be kept")) == 1
        (small_disk / "filler").unlink()
        shapes.append(shape("after"))
        before = time.monotonic()
        assert kernel.show(shapes)[1]["ok"]
        took = time.monotonic() - before
        wait_until(lambda: daemon.lines("meshes are kept again"), what="room")
    assert daemon.stop() == 0
    kept = len(list(folder.glob("meshes/*.mesh")))
    assert kept >= 2
    again = start("--state-dir", folder, variables=helper.variables)
    with ExactKernel(again.port) as kernel:
        assert kernel.show(shapes)[1]["cached"] == kept
    assert not again.lines("damaged")
    report("disk full while shapes are shown", "state on a tmpfs of 2 MiB", "meshes for the next start", [took])


def test_read_only_state_folder(start, small_disk):
    folder = small_disk / "pictures"
    daemon = start("--state-dir", folder)
    Kernel(daemon.port).send("D:" + numbered(1))
    wait_until(lambda: daemon.lines("picture saved", debug=True), what="writing")
    daemon.stop()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    before = time.monotonic()
    again = start("--state-dir", folder)
    with Browser(again.port) as browser:
        Kernel(again.port).send("D:" + numbered(2))
        while number_of(browser.next()) != 2:
            pass
        took = time.monotonic() - before
    wait_until(lambda: trouble(again), what="the folder's being read-only")
    assert again.stop() == 0
    assert again.lines("state:"), again.log()
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    report("read-only state folder", "`mount -o remount,ro`", "new saved pictures, with a line in the log", [took])


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"{", b"[1,2]", b'{"3939":', b'"x"', b'{"services":5}', b"\xff\xfe"])
def test_corrupted_registry(start, tmp_path, content):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".ocpvscode").write_bytes(content)
    before = time.monotonic()
    daemon = start(home=home)
    serves(daemon)
    if content == b"{":
        report("corrupted registry", "eight kinds of junk in `~/.ocpvscode`", "nothing", [time.monotonic() - before])


def test_corrupted_state(start, tmp_path):
    folder = tmp_path / "pictures"
    first = start("--state-dir", folder)
    for name in ("a", "b", "c"):
        Kernel(first.port, f"/s/{name}/").send("D:" + numbered(1, 100_000))
    first.stop()
    files = sorted(folder.glob("*.picture"))
    assert len(files) >= 3
    damaged = files[0]
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 0xFF
    damaged.write_bytes(data)
    before = time.monotonic()
    again = start("--state-dir", folder)
    whole = 0
    for name in ("a", "b", "c"):
        with Browser(again.port, f"/s/{name}/") as browser:
            try:
                # What there is comes before the answer to a later question.
                browser.settle()
                whole += not browser.messages.empty() and number_of(browser.next()) == 1
            except AssertionError:
                pass
    assert whole == 2
    serves(again)
    report("corrupted state", "one byte inverted in one of three pictures", "that picture (set aside, with a line in the log)",
           [time.monotonic() - before])


# -- half-open connections

@pytest.fixture
def namespace():
    """A network namespace with a cable to ours: (name, our address, the device at its end)."""
    need_root()
    if shutil.which("ip") is None:
        pytest.skip("ip is not installed")
    name = f"cadcast{os.getpid()}"
    ours, theirs = f"cc{os.getpid() % 100000}a", f"cc{os.getpid() % 100000}b"
    # Four addresses of our own among those for such tests (RFC 2544), in each process others.
    place = os.getpid() % (1 << 14) * 4
    here, there = (f"198.18.{place >> 8}.{(place & 255) + n}" for n in (1, 2))

    def run(*words):
        return subprocess.run(words, capture_output=True, text=True, check=False)
    if (made := run("ip", "netns", "add", name)).returncode != 0:
        pytest.skip(f"no network namespaces here: {made.stderr.strip()}")
    for words in (["ip", "link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name],
                  ["ip", "addr", "add", f"{here}/30", "dev", ours], ["ip", "link", "set", ours, "up"],
                  ["ip", "-n", name, "addr", "add", f"{there}/30", "dev", theirs],
                  ["ip", "-n", name, "link", "set", theirs, "up"]):
        made = run(*words)
        assert made.returncode == 0, made.stderr
    yield name, here, theirs
    run("ip", "netns", "del", name)
    run("ip", "link", "del", ours)


PEER = """
import socket, sys, base64, os
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
s.sendall(("GET / HTTP/1.1\\r\\nHost: %s\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n" % sys.argv[1]).encode())
s.sendall(b"\\x81\\x84\\0\\0\\0\\0L:{}")
print("in", flush=True)
while True:
    data = s.recv(65536)
    if not data: break
    i = data.find(b"\\x89\\x00")
    if data[:1] == b"\\x89": s.sendall(b"\\x8a\\x80\\0\\0\\0\\0")
"""


@pytest.mark.parametrize("busy", [False, True])
def test_half_open_peers(start, namespace, busy):
    """The cable of another machine is pulled: its connection is closed after the deadline, and no
    other peer waits for it."""
    name, address, device = namespace
    daemon = start("--host", "0.0.0.0", "--no-token", "--ping-interval", "1", "--ping-timeout", "3", "--stall-timeout", "2")
    far = subprocess.Popen(["ip", "netns", "exec", name, "/usr/bin/python3", "-c", PEER, address, str(daemon.port)],
                           stdout=subprocess.PIPE)
    try:
        assert far.stdout.readline() == b"in\n"
        with Browser(daemon.port) as near:
            near.settle()
            wait_until(lambda: daemon.health()["browsers"] == 2)
            time.sleep(4.5)  # longer than a ping and its deadline
            assert daemon.health()["browsers"] == 2, "it answers pings"
            subprocess.run(["ip", "-n", name, "link", "set", device, "down"], check=True)
            cut = time.monotonic()
            if busy:
                before = time.monotonic()
                Kernel(daemon.port).send("D:" + numbered(1, 20_000_000))
                assert number_of(near.next()) == 1
                delay = time.monotonic() - before
                assert delay < 10 * SLOW
            wait_until(lambda: daemon.health()["browsers"] == 1, what="the far browser to be let go")
            took = time.monotonic() - cut
            Kernel(daemon.port).send(recorded("box-model"))
            assert near.next() == recorded("box-model")[2:].decode()
    finally:
        far.kill()
        far.wait()
        far.stdout.close()
    report(f"half-open peer{', while a model is sent to it' if busy else ''}",
           "its end of a veth pair in another network namespace goes down: every packet is lost",
           "nothing; the connection is closed by its deadline (ping 1 s and 3 s, stall 2 s)", [took])


# -- the clock, and calls that fail

@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """tests/lib/faults.c as a library."""
    if "asan" in str(PROGRAM) or "tsan" in str(PROGRAM):
        pytest.skip("a sanitizer wants to be the first library")
    out = tmp_path_factory.mktemp("shim") / "faults.so"
    made = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", out, ROOT / "tests/lib/faults.c", "-ldl"],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no C compiler: {made.stderr[:200]}")
    return out


def test_clock_jumps(start, shim, tmp_path):
    """Deadlines run by the monotonic clock. A wall clock that jumps by years harms none of them."""
    clock = tmp_path / "clock"
    clock.write_text("0", encoding="ascii")
    daemon = start("--ping-interval", "2", "--ping-timeout", "2", "--state-dir", tmp_path / "pictures",
                   variables={"LD_PRELOAD": shim, "FAULT_CLOCK": clock})
    with Browser(daemon.port) as browser:
        browser.settle()
        for jump in (400_000_000, -400_000_000, 3600, 0):
            clock.write_text(str(jump), encoding="ascii")
            if jump == 400_000_000:
                date = get(daemon.port, "/healthz").headers["date"]
                assert str(time.gmtime().tm_year) not in date, "the clock did not jump"
            Kernel(daemon.port).send("D:" + numbered(jump))
            assert number_of(browser.next()) == jump
            time.sleep(0.7)  # timers may run
        assert browser.code is None
    report("clock jump", "a library preloaded before the C library, 12 years forward and back", "nothing: deadlines are monotonic")


def scenario(port):
    """A little of everything; True where a browser got a model."""
    try:
        get(port, "/viewer")
        get(port, "/static/page.js")
        with Browser(port) as browser:
            Kernel(port).send(recorded("box-model"))
            Kernel(port).send(PARTS.read_bytes())
            browser.say("status", SOLID)
            browser.next(3)
            browser.next(1)
            return True
    except (OSError, Closed, WebSocketException, AssertionError, EOFError, TimeoutError):
        return False


# More than there are from the start to the end of a scenario: some 200.
CALLS = 240


@pytest.mark.parametrize("times", [1, 5])
def test_every_nth_call_fails(shim, tmp_path, times):
    """One call to the system fails after another (or five in a row). The daemon says at its start
    why it cannot start, or it lives, serves the next ones, and ends with status 0."""
    share = 2 if TIMES < 100 else 1
    dice = random.Random(times)
    refused, failed, served = 0, 0, 0
    for at in range(1, CALLS, share):
        at += dice.randrange(share)
        home = tmp_path / f"home-{at}"
        daemon = Daemon(home, "--state-dir", home / "pictures", "--goodbye-timeout", "1", wait=False,
                        variables={"LD_PRELOAD": shim, "FAULT_AT": at, "FAULT_TIMES": times})
        try:
            daemon.wait_ready()
        except AssertionError:
            # libuv itself aborts where its first pipe cannot be made, before we have a loop to say so.
            if at < 5 and daemon.process.returncode == -signal.SIGABRT:
                continue
            assert daemon.process.returncode in (0, 1, 2), (at, daemon.process.returncode, daemon.log()[-2000:])
            assert daemon.log().strip(), f"call {at}: it did not say why it cannot start"
            refused += 1
            continue
        good = scenario(daemon.port)
        failed += not good
        if not good:
            # The fault is over: now it must work.
            good = wait_until(lambda d=daemon: scenario(d.port), 15, f"service after call {at} failed")
        served += good
        status = daemon.stop()
        assert status == 0, (at, status, daemon.log()[-2000:])
        shutil.rmtree(home)
    report("a call to the system fails", f"the n-th of 26 functions, {'one' if times == 1 else 'five'} at a time, "
           f"{refused + served} places from the start on", f"{refused} starts refused with a reason; {failed} times the "
           "current request; never the process")


def test_owners_are_asked_for_again_where_the_start_could_not(shim, tmp_path):
    """What tells whose connections are whose fails to open, once: its users are not shut out for
    good."""
    again = 0
    for at in range(4, 14):
        home = tmp_path / f"home-{at}"
        daemon = Daemon(home, wait=False, variables={"LD_PRELOAD": shim, "FAULT_AT": at})
        try:
            daemon.wait_ready()
        except AssertionError:
            continue
        wait_until(lambda d=daemon: scenario(d.port), 15, f"service after call {at} failed")
        told = [len(daemon.lines(text)) for text in ("local connection cannot be found", "the users of local connections can be found now")]
        assert told in ([0, 0], [1, 1])
        again += told[1]
        assert daemon.stop() == 0
    assert again > 0
