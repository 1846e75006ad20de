# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Left running: the service commands, socket activation, notices, the log file."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from certs import make_cert
from conftest import recorded
from daemon import PROGRAM, ROOT, environment, free_port, wait_until
from kernels import Script
from peers import Browser, Kernel
from slow import PATIENCE, SLOW
from wire import TEXT, Wire, get

ACTIVATE = "/usr/bin/systemd-socket-activate"


class Service:
    """The commands of one service, and the process behind them."""

    def __init__(self, home):
        self.home = home
        self.program = PROGRAM
        self.port = free_port()
        self.env = environment(home)
        self.pid_file = home / "run" / "cadcast" / f"{self.port}.pid"
        self.log_file = home / "state" / "cadcast" / f"cadcast-{self.port}.log"

    def run(self, command, *options, **variables):
        return subprocess.run(
            [self.program, command, "--port", str(self.port), *options], env={**self.env, **variables},
            capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)

    def start(self, *options):
        ended = self.run("start", *options)
        assert ended.returncode == 0, ended.stderr
        return ended

    def pid(self):
        return json.loads(self.pid_file.read_text(encoding="ascii"))["pid"]

    def status(self):
        ended = self.run("status", "--json")
        assert ended.returncode == 0, ended
        return json.loads(ended.stdout)

    def log(self):
        return self.log_file.read_text(encoding="utf-8")


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path / "home")
    yield made
    pid = made.pid() if made.pid_file.exists() and made.pid_file.stat().st_size else 0
    made.run("stop")
    if pid and alive(pid):
        os.kill(pid, signal.SIGKILL)
        raise AssertionError(f"{pid} was still there")


# -- start, stop, status, logs

def test_start_says_where(service):
    ended = service.start()
    assert ended.stdout == f"READY http://127.0.0.1:{service.port}/viewer\n"
    assert ended.stderr == ""
    assert Kernel(service.port).status() == {}
    assert alive(service.pid())


def test_it_is_detached(service):
    service.start()
    pid = service.pid()
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    parent, session, terminal = int(fields[1]), int(fields[3]), int(fields[4])
    assert parent != os.getpid() and session != os.getsid(0) and terminal == 0
    targets = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)]
    assert targets == ["/dev/null", "/dev/null", str(service.log_file)]


def test_a_second_start_says_it_runs(service):
    service.start()
    pid = service.pid()
    ended = service.run("start")
    assert ended.returncode == 0
    assert f":{service.port}/viewer" in ended.stdout and str(pid) in ended.stdout
    assert service.pid() == pid


def test_a_second_start_with_other_options_says_so(service):
    service.start("--theme", "dark", "--max-sessions", "7")
    same = service.run("start", "--max_sessions=7", CADCAST_THEME="dark")
    assert (same.returncode, same.stderr) == (0, "")
    for options, flag in ((("--theme", "light"), "--theme"), (("--demo",), "--demo"),
                          (("--listen", "0=a", "--theme", "dark"), "--listen")):
        ended = service.run("start", *options)
        assert ended.returncode == 2, ended
        assert f"it is running with other options ({flag}): stop it, then start" in ended.stderr
        assert "is running already" in ended.stdout
    assert service.run("start", CADCAST_MAX_SESSIONS="8").returncode == 2
    assert service.run("restart").returncode == 0
    assert service.run("start", "--theme", "dark").returncode == 0


@pytest.mark.parametrize("form", ["text", "json"])
def test_start_repeats_its_warnings(service, form):
    options = ("--state-dir", "/proc/x", "--log-format", form)
    ended = service.start(*options)
    warning = "warning: state: pictures are not kept: /proc/x: No such file or directory\n"
    assert ended.stderr == warning and ended.stdout.startswith("READY ")
    service.run("stop")
    quiet = service.start("--log-format", form)
    assert quiet.stderr == ""


def test_many_starts_at_once_make_one(service):
    threads = [threading.Thread(target=service.run, args=("start",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.status()["pid"] == service.pid()


def test_stop_ends_it(service):
    service.start()
    pid = service.pid()
    ended = service.run("stop")
    assert (ended.returncode, ended.stdout) == (0, "cadcast is stopped\n")
    assert not alive(pid) and not service.pid_file.exists()
    ended = service.run("stop")
    assert (ended.returncode, ended.stdout) == (0, "cadcast is not running\n")


def test_stop_waits_for_a_start_under_way(service):
    """The registry's lock holds the start up, so that there is a moment to stop in."""
    lock = service.home / ".ocpvscode.lock"
    lock.mkdir()
    starting = threading.Thread(target=service.run, args=("start",))
    starting.start()
    wait_until(service.log_file.exists)
    results = []
    ended = threading.Thread(target=lambda: results.append(service.run("stop")))
    ended.start()
    time.sleep(0.3)  # it finds the start, and waits
    assert not results
    lock.rmdir()
    ended.join()
    starting.join()
    assert results[0].stdout == "cadcast is stopped\n"
    assert service.run("status").returncode == 3


def test_stop_ends_one_that_does_not_listen(service):
    service.start("--goodbye-timeout", "0.1")
    pid = service.pid()
    os.kill(pid, signal.SIGSTOP)
    ended = service.run("stop", "--goodbye-timeout", "0.1")
    assert ended.returncode == 0 and "killed" in ended.stderr
    assert not alive(pid)


def test_start_says_why_not(service):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", service.port))
        taken.listen()
        ended = service.run("start")
    assert ended.returncode == 1 and ended.stdout == ""
    assert f"port {service.port} is in use" in ended.stderr
    assert service.run("start", "--theme", "blue").returncode == 2


def test_start_says_only_what_came_of_it(service):
    """What the log had before is no answer to why this start failed."""
    service.start()
    service.run("stop")
    before = service.log()
    assert "ending" in before
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", service.port))
        taken.listen()
        ended = service.run("start")
    assert "is in use" in ended.stderr
    for line in before.splitlines():
        assert line not in ended.stderr


def test_who_asks_at_another_port_is_told_where_it_runs(service):
    service.start()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        for command in ("status", "stop"):
            ended = subprocess.run([PROGRAM, command, "--port", str(silent.getsockname()[1])], env=service.env,
                                   capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)
            assert ended.stdout == (
                "cadcast is not running\none that was started with "
                f"--port {service.port} is running at http://127.0.0.1:{service.port}/viewer\n")
    assert service.status()["pid"] == service.pid()


def test_commands_find_the_one_that_took_a_free_port(service):
    """It was started with --port 0, and its users know the port that READY named."""
    asked, service.port = service.port, 0
    url = service.start().stdout.split()[1]
    service.port = int(re.search(r":(\d+)/", url)[1])
    log = service.home / "state" / "cadcast" / "cadcast-0.log"
    try:
        status = service.status()
        assert status["url"] == url and status["log"] == str(log)
        assert service.run("logs").stdout == log.read_text(encoding="utf-8")
        assert service.run("restart").stdout == f"READY {url}\n"
    finally:
        pid = service.status()["pid"]
        ended = service.run("stop")
    assert (ended.returncode, ended.stdout) == (0, "cadcast is stopped\n")
    assert not alive(pid)
    service.port = asked


def test_stop_at_the_port_of_a_session_says_whose_it_is(service):
    service.start("--listen", "0=left")
    left = service.status()["ports"][1]["port"]
    ended = subprocess.run([PROGRAM, "stop", "--port", str(left)], env=service.env, capture_output=True, text=True,
                           timeout=2 * PATIENCE * SLOW, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"cadcast: process {service.pid()} at port {left} was not started with start --port {left}\n"
        f"one that was started with --port {service.port} is running at http://127.0.0.1:{service.port}/viewer\n")
    assert service.status()["pid"] == service.pid()


@pytest.mark.parametrize("left", [
    '{"pid":1,"url":"http://127.0.0.1:1/viewer","started":1,"log":"x"}', "", "12345\n", "junk \x00"])
def test_a_stale_pid_file_is_no_trouble(service, left):
    service.pid_file.parent.mkdir(mode=0o700)
    service.pid_file.write_text(left, encoding="ascii")
    assert service.run("status").returncode == 3
    assert service.run("stop").stdout == "cadcast is not running\n"
    service.start()
    assert service.status()["pid"] == service.pid()


def test_started_again_after_kill(service):
    service.start()
    Kernel(service.port).send(recorded("box-model"))
    wait_until(lambda: service.status()["state"]["written"] > 0)
    pid = service.pid()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: service.run("status").returncode == 3)
    service.start()
    with Browser(service.port) as browser:
        assert browser.next() == recorded("box-model")[2:].decode()


def test_a_pid_folder_of_another_user_is_refused(service):
    service.pid_file.parent.mkdir(mode=0o777)
    service.pid_file.parent.chmod(0o777)
    ended = service.run("start")
    assert ended.returncode == 1 and "belong to you alone" in ended.stderr
    service.pid_file.parent.chmod(0o700)


def test_without_a_home(tmp_path):
    env = environment(tmp_path / "home")
    del env["HOME"], env["XDG_STATE_HOME"]
    port = str(free_port())

    def run(*command):
        return subprocess.run([PROGRAM, *command, "--port", port], env=env, cwd=tmp_path,
                              capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)

    ended = run("start")
    assert ended.returncode == 1 and "no folder for log and pictures: set HOME" in ended.stderr
    assert run("status").returncode == 3
    assert run("logs").returncode == 1
    assert run("start", "--no-state", "--log-file", "log").returncode == 0
    try:
        assert run("status").returncode == 0
        assert run("logs").stdout == (tmp_path / "log").read_text(encoding="utf-8")
    finally:
        assert run("stop").stdout == "cadcast is stopped\n"


def test_status(service):
    assert service.run("status").returncode == 3
    service.start()
    Kernel(service.port, "/s/gears/").send(recorded("assembly-model"))
    with Browser(service.port, "/s/gears/") as browser:
        browser.settle()
        wait_until(lambda: {s["name"]: s for s in service.status()["sessions"]}["gears"]["models"])
        status = service.status()
        gears = {s["name"]: s for s in status["sessions"]}["gears"]
        assert gears["browsers"] == 1 and gears["bytes"] > 200_000
        assert status["pid"] == service.pid() and status["url"].endswith(f":{service.port}/viewer")
        assert status["memory"]["process"] > 1_000_000 and status["uptime"] > 0
        text = service.run("status").stdout
    for needle in ("gears", "1 browser,", f"{service.port} (default)", str(service.pid()), status["url"], str(service.log_file)):
        assert needle in text, text


def test_status_has_the_address_for_other_machines_with_its_token(service, outer):
    service.start("--host", "0.0.0.0", "--token", "a-token-to-be-printed")
    wanted = f"http://{outer}:{service.port}/viewer?token=a-token-to-be-printed"
    assert wanted in service.status()["urls"]
    assert f"address    {wanted}\n" in service.run("status").stdout
    assert "a-token-to-be-printed" not in service.log_file.read_text(encoding="utf-8")


def test_status_by_tls(service, outer, tmp_path):
    """Where it listens on an outer address alone, it speaks TLS only, to us too."""
    pair = make_cert(tmp_path / "pair")
    service.start("--host", outer, *pair.options)
    status = service.status()
    assert status["status"] == "ok" and status["url"].startswith(f"https://{outer}:")
    assert service.run("restart").returncode == 0
    assert f"https://{outer}:" in service.run("status").stdout


def test_status_of_one_that_was_not_started_here(daemon, tmp_path):
    ended = subprocess.run(
        [PROGRAM, "status", "--json", "--port", str(daemon.port)], env=environment(tmp_path / "home"),
        capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)
    assert ended.returncode == 0 and json.loads(ended.stdout)["pid"] == daemon.pid
    assert json.loads(ended.stdout)["url"] == f"http://127.0.0.1:{daemon.port}/viewer"


def test_status_has_the_address_with_tls_and_without_the_token(start, tmp_path):
    pair = make_cert(tmp_path / "pair")
    one = start("--host", "127.0.0.1", "--token", "a-secret-of-its-own", *pair.options)
    ended = subprocess.run(
        [PROGRAM, "status", "--json", "--port", str(one.port)], env=environment(tmp_path / "home"),
        capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)
    assert json.loads(ended.stdout)["url"] == f"https://127.0.0.1:{one.port}/viewer"
    assert "a-secret-of-its-own" not in ended.stdout


def test_stop_of_one_that_was_not_started_here(daemon, tmp_path):
    ended = subprocess.run(
        [PROGRAM, "stop", "--port", str(daemon.port)], env=environment(tmp_path / "home"),
        capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)
    assert ended.returncode == 1 and str(daemon.pid) in ended.stderr
    assert daemon.health()["status"] == "ok"


def test_logs(service):
    assert service.run("logs").returncode == 1
    service.start("--log-level", "debug")
    for _ in range(5):
        Kernel(service.port).status()
    lines = service.run("logs", "-n", "3").stdout.splitlines()
    assert lines == service.log().splitlines()[-3:]
    assert all(re.match(r"\d{4}-\d\d-\d\dT[\d:.]{12}Z \w+: ", line) for line in lines)


def test_the_first_line_of_the_log_introduces_it(service):
    service.start("--log-level", "info")
    first = service.run("logs").stdout.splitlines()[0]
    assert re.match(r"\d{4}-\d\d-\d\dT\S+Z info: server: ready: cadcast \d", first)
    settings = service.home / ".ocpvscode_standalone"
    for what in (f"process {service.pid()}, at http://127.0.0.1:{service.port}/viewer;",
                 f"settings: {settings} (not there);", f"pictures: {service.home}/state/cadcast/{service.port}"):
        assert what in first
    settings.write_text("ticks: 5\n", encoding="ascii")
    service.run("restart")
    assert len([line for line in service.log().splitlines() if f"settings: {settings}; pictures" in line]) == 1


def test_lines_have_their_time_except_in_the_journal(start, tmp_path):
    assert all(re.match(r"\S+Z \w+: ", line) for line in start().log().splitlines())
    journal = tmp_path / "journal"
    with open(journal, "wb") as file:
        status = os.fstat(file.fileno())
        env = environment(tmp_path / "home", JOURNAL_STREAM=f"{status.st_dev}:{status.st_ino}")
        with subprocess.Popen([PROGRAM, "--port", "0"], env=env, stdout=subprocess.PIPE, stderr=file) as process:
            assert process.stdout.readline().startswith(b"READY")
            process.terminate()
    assert journal.read_text(encoding="utf-8").startswith("info: server: ready: ")


def test_browsers_that_come_and_go_leave_a_line(daemon):
    with Browser(daemon.port).settle():
        came, = daemon.lines("browser in session default")
    gone, = wait_until(lambda: daemon.lines("browser left session default"), what="a line that it left")
    assert came.split("hub: ")[1].split(": ")[0] == gone.split("hub: ")[1].split(": ")[0]


def test_chatter_of_the_page_is_no_news(daemon):
    with Browser(daemon.port).settle() as browser:
        for line in ("showViewer called", "showViewer finished", "page: error: an error of the page"):
            browser.socket.send("U:" + json.dumps({"command": "log", "text": line}))
        wait_until(lambda: daemon.lines("an error of the page"), what="the last line")
    assert not daemon.lines("showViewer") and len(daemon.lines("showViewer", debug=True)) == 2


def test_logs_are_where_the_service_says(service, tmp_path):
    ended = subprocess.run(
        [PROGRAM, "start", "--port", str(service.port), "--log-file", "own.log"], env=service.env,
        cwd=tmp_path, capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)
    assert ended.returncode == 0, ended.stderr
    assert service.run("logs").stdout == (tmp_path / "own.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("count", ["many", "-3", "--port", "1x", ""])
def test_logs_of_no_number_of_lines(service, count):
    ended = service.run("logs", "-n", count)
    assert ended.returncode == 2 and f'not "{count}"' in ended.stderr


def has_read(pid, path):
    """Whether that process has the file open, and stands at its end."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{fd}") == str(path):
                place = Path(f"/proc/{pid}/fdinfo/{fd}").read_text(encoding="ascii").split()[1]
                return int(place) == path.stat().st_size
        except FileNotFoundError:
            pass
    return False


def test_logs_go_on(service):
    service.start("--log-level", "debug")
    with subprocess.Popen([PROGRAM, "logs", "-f", "-n", "0", "--port", str(service.port)],
                          env=service.env, stdout=subprocess.PIPE, text=True) as follower:
        try:
            wait_until(lambda: has_read(follower.pid, service.log_file))
            Kernel(service.port, "/s/first/").status()
            line = next(line for line in follower.stdout if "session" in line)
            assert "first" in line
            service.log_file.rename(service.log_file.with_suffix(".old"))
            wait_until(service.log_file.exists)
            Kernel(service.port, "/s/second/").status()
            line = next(line for line in follower.stdout if "session second" in line)
            assert line
        finally:
            follower.kill()


# -- restart

def test_restart_keeps_picture_and_options(service):
    service.start("--max-sessions", "7", "--log-level", "debug")
    Kernel(service.port).send(recorded("assembly-model"))
    before = json.loads(service.pid_file.read_text(encoding="ascii"))
    with Browser(service.port) as browser:
        browser.settle()
        ended = service.run("restart")
        assert ended.returncode == 0 and ended.stdout.startswith("READY ")
        browser.thread.join(PATIENCE)
        assert browser.code == 1001
    assert json.loads(service.pid_file.read_text(encoding="ascii"))["started"] > before["started"]
    assert service.status()["uptime"] < 2 * PATIENCE * SLOW
    with Browser(service.port) as browser:
        assert browser.next() == recorded("assembly-model")[2:].decode()
    assert service.run("restart", "--axes").returncode == 2


def test_restart_starts_what_does_not_run(service):
    assert service.run("restart").stdout.startswith("READY ")
    assert service.run("restart").stdout.startswith("READY ")
    assert alive(service.pid())


def test_restart_loses_no_show_and_no_picture(service):
    """Kernels go on showing while the service is restarted again and again: every connection is
    answered, and what was shown last is what is there."""
    service.start()
    end = threading.Event()
    shown, failed = [0], []

    def show():
        while not end.is_set():
            number = shown[0] + 1
            text = f'{{"data":{{"instances":[],"n":{number},"pad":"{"x" * 50000}"}},"type":"data"}}'
            try:
                kernel = Kernel(service.port)
                kernel.send("D:" + text)
                kernel.status()
            except Exception as error:  # pylint: disable=broad-exception-caught
                failed.append(repr(error))
            shown[0] = number

    thread = threading.Thread(target=show)
    thread.start()
    try:
        for _ in range(5):
            before = shown[0]
            wait_until(lambda before=before: shown[0] > before + 3, what="shows between two restarts")
            assert service.run("restart").returncode == 0
    finally:
        end.set()
        thread.join()
    assert len(failed) == 0, failed
    assert shown[0] > 20
    with Browser(service.port) as browser:
        assert f'"n":{shown[0]},' in browser.next()[:100]


@pytest.mark.clients
def test_restart_goes_unnoticed_by_a_notebook(service):
    """The same with a real client: it has to find us through the registry each time anew."""
    service.start()
    stop = service.home / "stop"
    script = Script("clients", """
        from pathlib import Path
        from build123d import Box
        from ocp_viewer import *
        box, number = Box(1, 2, 3), 0
        while not Path("stop").exists():
            number += 1
            show(box, names=[f"part{number}"])
            Path("shown").write_text(str(number))
        result["number"], result["splash"] = number, workspace_config()["_splash"]
        """, service.home)
    try:
        shown = service.home / "shown"
        wait_until(shown.exists, 120, "the first show")
        for _ in range(3):
            before = int(shown.read_text(encoding="ascii") or 0)
            assert service.run("restart").returncode == 0
            wait_until(lambda: int(shown.read_text(encoding="ascii") or 0) > before + 1, 60, "more shows")
    finally:
        stop.touch()
        result, _, output = script.finish()
    for complaint in ("Cannot", "refused", "not connected", "aborting", "Error"):
        assert complaint not in output, output
    assert result["splash"] is False
    with Browser(service.port) as browser:
        (part,) = json.loads(browser.next())["data"]["shapes"]["parts"]
    assert part["name"] == f"part{result['number']}"


def test_restart_without_state_keeps_the_picture(service):
    """And those before it."""
    service.start("--no-state")
    Kernel(service.port).send_and_settle(recorded("box-model"))
    wait_until(lambda: get(service.port, "/model.msg").status == 200)
    before = get(service.port, "/model.msg").body
    Kernel(service.port).send_and_settle(recorded("assembly-model"))
    assert service.run("restart").returncode == 0
    wait_until(lambda: get(service.port, "/model.msg?step=-1").status == 200, what="the history")
    assert get(service.port, "/model.msg?step=-1").body == before
    with Browser(service.port) as browser:
        assert browser.next() == recorded("assembly-model")[2:].decode()
    assert not list(service.home.glob("**/*.picture"))


def test_restart_keeps_the_token(service):
    """Browsers of other machines have it in a cookie, and would not come back without it."""
    ended = service.start("--host", "0.0.0.0")
    assert "?token=" in ended.stdout
    for _ in range(2):
        assert service.run("restart").stdout == ended.stdout
    assert service.status()["status"] == "ok"
    service.run("stop")
    assert service.start("--host", "0.0.0.0").stdout != ended.stdout, "a made token is for one run"


def test_usr2_restarts_one_in_the_foreground(start, tmp_path):
    more = free_port()
    daemon = start("--state-dir", tmp_path / "pictures", "--listen", f"{more}=side")
    Kernel(more).send(recorded("box-model"))
    os.kill(daemon.pid, signal.SIGUSR2)
    wait_until(lambda: len(daemon.lines("restored")) == 1)
    for path in (f"/s/side/ {daemon.port}", f"/ {more}"):
        with Browser(int(path.split()[1]), path.split()[0]) as browser:
            assert browser.next() == recorded("box-model")[2:].decode()
    assert daemon.health()["pid"] == daemon.pid


def refused_restart(service, why, status=1):
    """A restart that is not done: the old process is still there, and as well as before."""
    before = service.pid_file.read_text(encoding="ascii")
    ended = service.run("restart")
    assert ended.returncode == status and why in ended.stderr and ended.stdout == "", ended
    pid = json.loads(before)["pid"]
    assert f"process {pid} continues" in ended.stderr
    after = json.loads(service.pid_file.read_text(encoding="ascii"))
    assert after["started"] == json.loads(before)["started"] and after["pid"] == pid
    assert Kernel(service.port).status() == {}
    assert why in service.log()


def test_restart_without_the_certificate_is_not_done(service, tmp_path):
    pair = make_cert(tmp_path / "pair")
    service.start(*pair.options)
    Kernel(service.port).send(recorded("box-model"))
    cert = pair.cert
    cert.rename(cert.with_suffix(".away"))
    for _ in range(2):
        refused_restart(service, f"{cert}: No such file or directory")
    service.run("stop")
    ended = service.run("start", *pair.options)
    assert ended.returncode == 1 and str(cert) in ended.stderr, "start would have said the same"
    cert.with_suffix(".away").rename(cert)
    service.start(*pair.options)
    assert service.run("restart").stdout.startswith("READY https://")
    with Browser(service.port) as browser:
        assert browser.next() == recorded("box-model")[2:].decode()


def test_restart_is_done_once_what_it_lacked_is_back(service, tmp_path):
    pair = make_cert(tmp_path / "pair")
    service.start(*pair.options)
    cert = pair.cert
    cert.rename(cert.with_suffix(".away"))
    refused_restart(service, str(cert))
    cert.with_suffix(".away").rename(cert)
    assert service.run("restart").stdout.startswith("READY ")
    assert "refused" not in json.loads(service.pid_file.read_text(encoding="ascii"))


def test_restart_without_a_place_for_its_pictures_is_not_done(service, tmp_path):
    folder = tmp_path / "pictures"
    service.start("--state-dir", str(folder))
    folder.rename(tmp_path / "moved")
    folder.write_text("no folder", encoding="ascii")
    refused_restart(service, f"pictures are not kept: {folder}: Not a directory")


def test_restart_without_its_page_is_not_done(service, tmp_path):
    folder = tmp_path / "data"
    for name in ("static", "templates", "data"):
        shutil.copytree(ROOT / name, folder / name)
    service.start("--data-dir", str(folder))
    (folder / "templates" / "viewer.html").unlink()
    refused_restart(service, f"the page is not found in {folder}")


@pytest.fixture
def replaceable(service, tmp_path):
    """A copy of the program that runs as the service, to be replaced by another version."""
    program = tmp_path / "bin" / "cadcast"
    program.parent.mkdir()
    shutil.copy(PROGRAM, program)
    service.program = program
    service.start("--data-dir", str(ROOT), "--backend", "none")
    service.program = PROGRAM

    def replace(script):
        program.with_suffix(".new").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.with_suffix(".new").chmod(0o755)
        program.with_suffix(".new").rename(program)

    return replace


@pytest.mark.bare("what is copied is a script that starts valgrind, and not the program")
def test_restart_into_a_program_that_wants_other_options_is_not_done(service, replaceable):
    replaceable('echo "cadcast: unknown option $6" >&2; exit 2')
    refused_restart(service, "cadcast: unknown option --backend", status=2)


@pytest.mark.bare("what is copied is a script that starts valgrind, and not the program")
def test_stop_does_not_wait_for_a_restart_that_is_being_looked_at(service, replaceable):
    replaceable("touch $0.asked; exec sleep 1000")
    os.kill(service.pid(), signal.SIGUSR2)
    wait_until((service.home.parent / "bin" / "cadcast.asked").exists)
    began = time.monotonic()
    ended = service.run("stop")
    assert ended.stdout == "cadcast is stopped\n" and ended.stderr == ""
    assert time.monotonic() - began < PATIENCE * SLOW  # and not the thousand seconds


def test_usr2_is_not_followed_where_a_new_process_could_not_start(start, tmp_path):
    pair = make_cert(tmp_path / "pair")
    daemon = start(*pair.options)
    pair.key.unlink()
    os.kill(daemon.pid, signal.SIGUSR2)
    wait_until(lambda: daemon.lines("restart: not restarted"))
    assert daemon.lines(str(pair.key)) and daemon.health()["pid"] == daemon.pid


# -- --check

def check(home, *options, command=()):
    return subprocess.run([PROGRAM, *command, "--check", *map(str, options)], env=environment(home),
                          capture_output=True, text=True, timeout=30, check=False)


def test_check_says_that_it_could_start(tmp_path):
    """And leaves nothing of what it tried."""
    home = tmp_path / "another"
    ended = check(home, "--port", free_port(), "--state-dir", home / "a" / "b", "--log-file", home / "c" / "log")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "cadcast could start\n", "")
    assert [path.name for path in home.iterdir()] == ["run"]
    assert check(home, "--port", free_port(), command=("start",)).returncode == 0


UNUSABLE = {
    "unknown host": ("--port", "0", "--host", "nosuchhost.invalid"),
    "address of another machine": ("--port", "0", "--host", "10.99.99.99"),
    "log": ("--port", "0", "--log-file", "/proc/x/y"),
    "port of a session": ("--port", "0", "--listen", "{0}=a"),
    "too many sessions": ("--port", "0", "--max-sessions", "2", "--listen", "0=a", "--listen", "0=b"),
    "too many ports": ("--port", "0", "--max-sessions", "99", *(f"--listen=0=n{i}" for i in range(64))),
    "port": ("--port", "{0}"),
    "key": ("--port", "0", "--tls-cert", "/nothing", "--tls-key", "/nothing"),
    "page": ("--port", "0", "--data-dir", "/nothing"),
}


def complaints(text):
    """The lines without the time."""
    return [re.sub(r"^\S+Z ", "", line) for line in text.splitlines()]


@pytest.mark.parametrize("what", UNUSABLE)
def test_check_finds_what_keeps_it_from_starting(tmp_path, what):
    """With the same line as the start that fails."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if "port" in what:
            taken.listen()
        options = [option.format(taken.getsockname()[1]) for option in UNUSABLE[what]]
        checked = check(tmp_path / "home", *options)
        started = subprocess.run([PROGRAM, *options], env=environment(tmp_path / "home"), capture_output=True,
                                 text=True, timeout=30, check=False)
    assert started.returncode == 1, started
    assert (checked.returncode, checked.stdout) == (1, "")
    assert complaints(checked.stderr) == complaints(started.stderr)


def test_check_of_a_folder_for_pictures(start, tmp_path):
    ended = check(tmp_path / "home", "--port", 0, "--state-dir", "/proc/x")
    assert ended.returncode == 1 and "pictures are not kept: /proc/x: No such file" in ended.stderr
    start("--state-dir", tmp_path / "pictures")
    ended = check(tmp_path / "home", "--port", 0, "--state-dir", tmp_path / "pictures")
    assert ended.returncode == 1 and "another cadcast uses it" in ended.stderr


def test_check_for_a_service_that_runs(service):
    """Its own port and pictures are free once it is stopped, but not a port of another program's."""
    service.start("--listen", "0=a")
    assert service.run("start", "--check").returncode == 0
    assert service.run("restart", "--check").returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = service.run("start", "--check", "--listen", f"{port}=b")
    assert ended.returncode == 1 and f"port {port} is in use" in ended.stderr


def test_check_says_all_that_is_wrong(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "file").write_text("no folder", encoding="ascii")
    (home / ".ocpvscode_standalone").write_text("ticks: many\n", encoding="ascii")
    ended = check(home, "--tls-cert", home / "cert", "--tls-key", home / "key", "--data-dir", home,
                  "--log-format", "json", "--log-file", home / "file" / "log", "--state-dir", home / "file")
    assert ended.returncode == 1 and ended.stdout == ""
    for what in (f"{home}/cert", f"page is not found in {home}", "ticks", f"cannot write the log {home}/file/log",
                 f"pictures are not kept: {home}/file"):
        assert what in ended.stderr, ended.stderr
    assert check(home, "--ticks", "many").returncode == 2


def test_check_of_settings_that_are_not_used_is_a_warning(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".ocpvscode_standalone").write_text("ticks: [1\n", encoding="ascii")
    ended = check(home, "--port", 0)
    assert ended.returncode == 0 and ".ocpvscode_standalone:" in ended.stderr


# -- the end

def test_the_end_waits_for_a_message_under_way(start, tmp_path):
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder)
    big = b'D:{"data":{"instances":[],"pad":"' + b"x" * 3_000_000 + b'"},"type":"data"}'
    connection = Wire(daemon.port)
    connection.upgrade()
    frame = bytes([0x82, 0xFF]) + len(big).to_bytes(8, "big") + bytes(4) + big
    connection.send(frame[:2_000_000])
    wait_until(lambda: daemon.metric("in_flight_bytes") > 1_000_000, what="most of the message")
    os.kill(daemon.pid, signal.SIGTERM)
    wait_until(lambda: daemon.lines("server: ending"), what="the beginning of the end")
    connection.send(frame[2_000_000:])
    assert daemon.process.wait(2 * PATIENCE * SLOW) == 0
    connection.close()
    assert (folder / "default.picture").stat().st_size > 3_000_000


def test_the_end_finishes_what_is_being_sent(start):
    """A browser and a download that have not taken all of it yet get the rest."""
    daemon = start("--goodbye-timeout", "60")
    big = '{"data":{"instances":[],"pad":"' + "x" * 8_000_000 + '"},"type":"data"}'
    with Wire(daemon.port) as browser, Wire(daemon.port) as download:
        browser.upgrade()
        browser.send_frame(TEXT, b"L:{}")
        wait_until(lambda: daemon.health()["browsers"] == 1)
        Kernel(daemon.port).send("D:" + big)
        wait_until(lambda: daemon.health()["model"])
        download.request("GET", "/static/vendor/three-cad-viewer.esm.js")
        wait_until(lambda: daemon.lines("three-cad-viewer.esm.js", debug=True))
        os.kill(daemon.pid, signal.SIGTERM)
        wait_until(lambda: daemon.lines("ending"))
        assert daemon.alive()
        assert browser.read_message() == big.encode()
        assert browser.read_close() == 1001
        assert download.read_response().status == 200
    assert daemon.process.wait(2 * PATIENCE * SLOW) == 0


def test_the_end_waits_no_longer_than_it_should(start):
    daemon = start("--goodbye-timeout", "0.5")
    connection = Wire(daemon.port)
    connection.upgrade()
    connection.send(bytes([0x82, 0xFF]) + (1 << 20).to_bytes(8, "big") + bytes(4) + b"D:half of it")
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < PATIENCE * SLOW  # as for what is never sent
    connection.close()


def test_idle_exit(start):
    daemon = start("--idle-exit", 0.6 * SLOW)
    with Browser(daemon.port) as browser:
        browser.settle()
        time.sleep(1.5 * SLOW)  # longer than the deadline
        assert daemon.alive()
    assert daemon.process.wait(2 * PATIENCE * SLOW) == 0
    assert daemon.lines("no kernel or browser for")


# -- the log file

def test_the_log_file_is_put_aside_by_size(start, tmp_path):
    log = tmp_path / "folder" / "log"
    daemon = start("--log-file", log, "--log-max-size", "2K")
    oldest = log.parent / "log.3"

    def logged_until(condition):
        """Lines are written for each question until the log has been put aside often enough."""
        wait_until(lambda: Kernel(daemon.port).status() is None or condition(), 30, "a log put aside")

    logged_until(oldest.exists)
    first = oldest.stat().st_ino
    logged_until(lambda: oldest.stat().st_ino != first)
    daemon.stop()
    assert sorted(path.name for path in log.parent.iterdir()) == ["log", "log.1", "log.2", "log.3"]
    assert (tmp_path / "folder" / "log.3").stat().st_size > 2048
    assert daemon.log() == ""


def test_hup_opens_the_log_anew(start, tmp_path):
    log = tmp_path / "log"
    daemon = start("--log-file", log, "--log-format", "json")
    log.rename(tmp_path / "moved")
    os.kill(daemon.pid, signal.SIGHUP)
    wait_until(lambda: log.exists() and "reloaded" in log.read_text(encoding="utf-8"))
    assert daemon.alive()
    assert all(json.loads(line)["level"] for line in log.read_text(encoding="utf-8").splitlines())


def test_a_log_that_cannot_be_written_is_said(tmp_path):
    ended = subprocess.run([PROGRAM, "--port", "0", "--log-file", "/proc/nothing/log"],
                           env=environment(tmp_path / "home"), capture_output=True, text=True,
                           timeout=20, check=False)
    assert ended.returncode == 1 and "/proc/nothing/log" in ended.stderr


def test_each_show_is_timed(daemon):
    Kernel(daemon.port).send(recorded("zoo-model"))
    wait_until(lambda: daemon.lines("received in") and daemon.lines(" of text converted to "))
    assert re.search(r"info: show: session default: \d+ bytes from \S+ received in [\d.]+ ms",
                     daemon.log())


# -- service managers

def notices(receiver, until, seconds=PATIENCE * SLOW):
    """What came in, up to the line `until`."""
    lines = []
    receiver.settimeout(seconds)
    while until not in lines:
        lines += receiver.recv(4096).decode().splitlines()
    return lines


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_notices_to_the_service_manager(start, tmp_path, kind):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        name = str(tmp_path / "notify") if kind == "path" else f"@cadcast-test-{os.getpid()}"
        receiver.bind(name.replace("@", "\0", 1))
        daemon = start(variables={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "200000"})
        lines = notices(receiver, "READY=1")
        assert any(f":{daemon.port}/viewer" in line for line in lines + notices(receiver, "WATCHDOG=1"))
        os.kill(daemon.pid, signal.SIGHUP)
        lines = notices(receiver, "READY=1")
        assert "RELOADING=1" in lines and any(line.startswith("MONOTONIC_USEC=") for line in lines)
        daemon.process.send_signal(signal.SIGTERM)
        notices(receiver, "STOPPING=1")
        daemon.stop()


def test_a_manager_that_is_gone_does_not_matter(start, tmp_path):
    daemon = start(variables={"NOTIFY_SOCKET": str(tmp_path / "absent")})
    assert Kernel(daemon.port).status() == {}


def test_sockets_meant_for_another_process_are_left_alone(start):
    daemon = start(variables={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
    assert Kernel(daemon.port).status() == {}


@pytest.fixture
def activated(tmp_path):
    """Starts cadcast by systemd-socket-activate, at the first connection."""
    if not os.access(ACTIVATE, os.X_OK):
        pytest.skip("systemd-socket-activate is not installed")
    started = []

    def begin(listen, *options, names=None):
        log = open(tmp_path / "activate.log", "wb")  # pylint: disable=consider-using-with
        command = [ACTIVATE]
        for address in listen:
            command += ["-l", address]
        if names:
            command += [f"--fdname={names}"]
        kept = environment(tmp_path / "home")
        for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", *[n for n in kept if "SAN_" in n]):
            command += ["-E", f"{name}={kept[name]}"]
        started.append(subprocess.Popen(  # pylint: disable=consider-using-with
            [*command, str(PROGRAM), *options], env=kept, stdout=log, stderr=log))
        log.close()
        wait_until(lambda: b"Listening" in (tmp_path / "activate.log").read_bytes())
        return started[-1]

    yield begin
    for process in started:
        process.terminate()
        assert process.wait(2 * PATIENCE * SLOW) == 0, (tmp_path / "activate.log").read_text(encoding="utf-8")


def test_socket_activation(activated, tmp_path):
    port = free_port()
    activated([f"127.0.0.1:{port}", f"[::1]:{port}"], "--state-dir", str(tmp_path / "pictures"))
    Kernel(port).send(recorded("box-model"))
    for host in ("127.0.0.1", "::1"):
        with Browser(port, host=host) as browser:
            assert browser.next() == recorded("box-model")[2:].decode()
    assert f"READY http://127.0.0.1:{port}/viewer" in (tmp_path / "activate.log").read_text(encoding="utf-8")


def test_socket_activation_with_a_session(activated):
    main, side = free_port(), free_port()
    activated([f"127.0.0.1:{main}", f"127.0.0.1:{side}"], names="main:session=side")
    Kernel(side).send(recorded("box-model"))
    with Browser(main, "/s/side/") as browser:
        assert browser.next() == recorded("box-model")[2:].decode()
    assert '"bytes":0' in json.dumps(
        {s["name"]: s for s in status_of(main)["sessions"]}["default"], separators=(",", ":"))


def test_left_running_as_the_readme_says(service, activated):
    """Started by hand, then by socket activation, then by hand again: the pictures of three
    notebooks stay, and the commands find the server in each case."""
    side, other = free_port(), free_port()
    listen = ("--listen", f"{side}=side", "--listen", f"{other}=other")
    ports = {"default": service.port, "side": side, "other": other}
    pictures = service.home / "state" / "cadcast" / str(service.port)

    def check():
        for name, port in ports.items():
            with Browser(port) as browser:
                assert browser.next() == shown[name]
        assert {s["name"] for s in service.status()["sessions"]} == set(ports)

    shown = {}
    service.start(*listen)
    for name, port in ports.items():
        shown[name] = f'{{"type":"data","data":{{"instances":[],"is":"{name}"}}}}'
        Kernel(port).send("D:" + shown[name])
    check()
    assert service.run("stop").stdout == "cadcast is stopped\n"

    process = activated([f"127.0.0.1:{service.port}"], "--port", str(service.port), *listen,
                        "--state-dir", str(pictures))
    check()
    assert service.run("stop").returncode == 1
    process.terminate()
    assert process.wait(2 * PATIENCE * SLOW) == 0

    assert service.run("restart").stdout.startswith("READY "), "it is started if none is running"
    service.run("stop")
    service.start(*listen)
    check()
    assert "restored" in service.run("logs").stdout
    assert service.run("stop").stdout == "cadcast is stopped\n"


def status_of(port):
    return json.loads(get(port, "/status").body)


# -- --open

@pytest.mark.parametrize("variables, opened", [
    ({"DISPLAY": ":9"}, True), ({"WAYLAND_DISPLAY": "w"}, True), ({}, False),
    ({"DISPLAY": ":9", "SSH_CONNECTION": "1 2 3 4"}, False),
    # Who may see command lines shall not see the token.
    ({"DISPLAY": ":9", "CADCAST_TOKEN": "not-for-others"}, True)])
def test_opens_the_page(start, tmp_path, variables, opened):
    folder = tmp_path / "bin"
    folder.mkdir()
    opener = folder / "xdg-open"
    opener.write_text(f"#!/bin/sh\necho \"$1\" > {tmp_path}/opened.new\n"
                      f"mv {tmp_path}/opened.new {tmp_path}/opened\nsleep 3\n", encoding="utf-8")
    opener.chmod(0o755)
    daemon = start("--open", variables={"PATH": f"{folder}:{os.environ['PATH']}", **variables})
    path = tmp_path / "opened"
    if opened:
        wait_until(path.exists)
        assert path.read_text(encoding="utf-8") == f"http://127.0.0.1:{daemon.port}/viewer\n"
        assert get(daemon.port, "/viewer").status == 200
    else:
        line, = wait_until(lambda: daemon.lines("--open opens no page"), what="a line that says why")
        assert f"http://127.0.0.1:{daemon.port}/viewer" in line
        assert ("SSH" if "DISPLAY" in variables else "no display") in line
        assert not path.exists()


def test_open_without_a_program_for_it_says_so(start, tmp_path):
    daemon = start("--open", variables={"PATH": str(tmp_path), "DISPLAY": ":9"})
    wait_until(lambda: daemon.lines("xdg-open is not installed"), what="a line that says why")
