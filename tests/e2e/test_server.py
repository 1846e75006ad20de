# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Starting, ending, options, the registry and the settings file."""
import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest
from conftest import recorded
from daemon import PROGRAM, Daemon, environment, free_port, wait_until
from peers import Browser, Kernel
from slow import PATIENCE, SLOW
from wire import Wire, get

# `config` as a client gets it from a daemon without configuration.
DEFAULTS = {
    "ambient_intensity": 1, "angular_tolerance": 0.2, "axes": False, "axes0": True,
    "black_edges": False, "center_grid": False, "collapse": "leaves", "control": "trackball",
    "debug": False, "default_color": "#e8b024", "default_edgecolor": "#707070",
    "default_facecolor": "Violet", "default_opacity": 0.5, "default_thickedgecolor": "MediumOrchid",
    "default_vertexcolor": "MediumOrchid", "deviation": 0.1, "direct_intensity": 1.1,
    "explode": False, "glass": True, "grid": [False, False, False], "grid_font_size": 12,
    "metalness": 0.3, "modifier_keys": {"shift": "shiftKey", "ctrl": "ctrlKey", "meta": "altKey", "alt": "metaKey"},
    "new_tree_behavior": True, "ortho": True, "pan_speed": 1, "python_enumeration": True,
    "reset_camera": "KEEP", "rotate_speed": 1, "roughness": 0.65, "theme": "browser", "ticks": 5,
    "tools": True, "transparent": False, "tree_width": 240, "up": "Z", "zoom_speed": 1, "_splash": True,
}


def run(home, *arguments, **variables):
    return subprocess.run(
        [PROGRAM, *arguments], env=environment(home, **variables), capture_output=True, text=True,
        timeout=2 * PATIENCE * SLOW, check=False,
    )


def config(daemon):
    return Kernel(daemon.port).config()


def registry(home):
    return json.loads((home / ".ocpvscode").read_text(encoding="utf-8"))


# -- starting and ending

@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ends_cleanly_on_signals(start, sign):
    daemon = start()
    with Browser(daemon.port) as browser:
        browser.settle()
        assert daemon.stop(sign) == 0
        browser.thread.join(PATIENCE)
        assert browser.code == 1001
    daemon.check_clean()


def test_prints_one_line(start):
    daemon = start()
    daemon.stop()
    assert daemon.output.decode() == f"READY http://127.0.0.1:{daemon.port}/viewer\n"


def test_prints_the_addresses_for_other_machines_with_the_token(start, outer):
    daemon = start("--host", "0.0.0.0", "--token", "a-token-to-be-printed")
    daemon.stop()
    lines = daemon.output.decode().splitlines()
    assert lines[0].startswith("READY http://127.0.0.1:")
    assert f"also at http://{outer}:{daemon.port}/viewer?token=a-token-to-be-printed" in lines[1:]
    assert "a-token-to-be-printed" not in daemon.log()


@pytest.mark.parametrize("host, reached", [
    ("localhost", ["127.0.0.1", "::1"]),
    ("127.0.0.1", ["127.0.0.1", "::1"]),
    ("::1", ["127.0.0.1", "::1"]),
    ("0.0.0.0", ["127.0.0.1", "::1"]),
    ("::", ["127.0.0.1", "::1"]),
])
def test_answers_on_both_families(start, host, reached):
    daemon = start("--host", host, "--no-token")
    for address in reached:
        with Wire(daemon.port, address) as wire:
            wire.request("GET", "/healthz")
            assert wire.read_response().status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="makes a network without IPv6")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "::"])
def test_says_only_addresses_that_work(tmp_path, host):
    ended = subprocess.run(
        ["unshare", "-n", "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6 && ip link set lo up &&"
         f' exec "{PROGRAM}" --port 0 --idle-exit 0.1 --host {host}'],
        env=environment(tmp_path / "home"), capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, check=False)
    if "unshare failed" in ended.stderr or "Read-only file system" in ended.stderr:
        pytest.skip("no network of our own can be made here")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("READY http://127.0.0.1:")
    assert "[::1]" not in ended.stderr


@pytest.mark.parametrize("family, address", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_names_a_port_in_use(tmp_path, family, address):
    with socket.socket(family) as holder:
        holder.bind((address, 0))
        holder.listen()
        port = holder.getsockname()[1]
        ended = run(tmp_path, "--port", str(port))
    assert ended.returncode == 1
    lines = ended.stderr.splitlines()
    assert len(lines) == 1 and str(port) in lines[0], ended.stderr
    assert "READY" not in ended.stdout


def test_names_the_cadcast_that_holds_the_port(start):
    daemon = start()
    ended = run(daemon.home, "--port", str(daemon.port))
    assert ended.returncode == 1
    assert str(daemon.port) in ended.stderr and str(daemon.pid) in ended.stderr
    assert f"it shows at http://127.0.0.1:{daemon.port}/viewer; --port 0 takes a free port" in ended.stderr
    ended = run(daemon.home, "--port", "0", "--listen", f"{daemon.port}=a")
    assert "--listen 0=NAME takes a free port" in ended.stderr


@pytest.mark.bare("valgrind opens files of its own in the place of those that are closed")
def test_without_input_output_and_error(tmp_path):
    """What is closed at the start must not become a socket that log lines go to."""
    port = free_port()
    process = subprocess.Popen(  # pylint: disable=consider-using-with
        ["sh", "-c", f'exec "{PROGRAM}" --log-level debug --port {port} <&- >&- 2>&-'],
        env=environment(tmp_path / "home"))
    try:
        registry = tmp_path / "home" / ".ocpvscode"
        wait_until(lambda: registry.exists() and str(port) in registry.read_text(encoding="ascii"))
        Kernel(port).send(recorded("box-model"))
        with Browser(port) as browser:
            assert browser.next() == recorded("box-model")[2:].decode()
        assert all(os.readlink(f"/proc/{process.pid}/fd/{fd}") == "/dev/null" for fd in (0, 1, 2))
    finally:
        process.terminate()
        assert process.wait(2 * PATIENCE * SLOW) == 0


def test_a_log_that_is_not_read_blocks_no_peer(tmp_path):
    """Standard error is a pipe that is full."""
    reader, writer = os.pipe()
    with subprocess.Popen([PROGRAM, "--port", "0", "--log-level", "debug"], stdout=subprocess.PIPE,
                          stderr=writer, env=environment(tmp_path / "home")) as process:
        os.close(writer)
        try:
            port = int(re.search(rb":(\d+)/", process.stdout.readline())[1])
            with Wire(port) as wire:
                for _ in range(2000):
                    wire.request("GET", "/healthz")
                    assert wire.read_response().status == 200
            process.terminate()
            assert process.wait(2 * PATIENCE * SLOW) == 0
        finally:
            process.kill()
            os.close(reader)


def test_the_port_is_free_again_at_once(start, tmp_path):
    daemon = start(port=free_port())
    Kernel(daemon.port).status()
    daemon.stop()
    start("--port", str(daemon.port), home=tmp_path / "again")


def test_help_and_version(tmp_path):
    text = run(tmp_path, "--help")
    assert text.returncode == 0
    for option in ("--host", "--port", "--listen", "--demo", "--theme", "--create_configfile"):
        assert option in text.stdout
    assert len(text.stdout.splitlines()) <= 60
    assert run(tmp_path, "help").stdout == run(tmp_path, "-h").stdout == text.stdout
    version = run(tmp_path, "--version").stdout
    assert version.startswith("cadcast ")
    assert run(tmp_path, "-v").stdout == run(tmp_path, "-V").stdout == version
    # A wrong environment is no reason to say nothing.
    assert run(tmp_path, "--help", CADCAST_PORT="x").stdout == text.stdout


def test_help_has_sections_and_commands(tmp_path):
    for arguments in (["--help", "access"], ["--help=access"], ["help", "access"], ["start", "--help", "access"]):
        shown = run(tmp_path, *arguments).stdout
        assert "--trusted-proxy" in shown and "--tree_width" not in shown
    for command in ("serve", "start", "stop", "restart", "status", "logs", "make-cert", "measure", "completion"):
        shown = run(tmp_path, command, "--help")
        assert shown.returncode == 0 and len(shown.stdout.splitlines()) < 20
        assert shown.stdout.startswith(f"Usage: cadcast {command}")
        assert run(tmp_path, "help", command).stdout == shown.stdout
    assert "CADCAST_THEME" in run(tmp_path, "help", "theme").stdout
    assert run(tmp_path, "help", "--theme").stdout == run(tmp_path, "help", "theme").stdout
    every = run(tmp_path, "--help", "all").stdout
    assert "CADCAST_MAX_MESSAGE" in every and "CADCAST_TLS_KEY" in every
    assert max(map(len, every.splitlines())) <= 80
    wrong = run(tmp_path, "help", "nonsense")
    assert wrong.returncode == 2 and len(wrong.stderr.splitlines()) == 1


@pytest.mark.parametrize("word, hint", [
    ("strat", 'unknown command "strat"; did you mean start?'), ("stauts", "did you mean status?"),
    ("makecert", "did you mean make-cert?"), ("log", "did you mean logs?"), ("hlep", "did you mean help?"),
    ("model.step", 'no file or command "model.step"; cadcast open FILE shows a file'),
    ("nonsense", 'unknown command "nonsense"; cadcast help lists all'),
    ("file.step", "to show the file: cadcast open file.step"),
])
def test_unknown_commands_get_a_hint(tmp_path, word, hint):
    (tmp_path / "file.step").write_text("", encoding="ascii")
    ended = subprocess.run([PROGRAM, word], cwd=tmp_path, env=environment(tmp_path / "home"), capture_output=True,
                           text=True, timeout=2 * PATIENCE * SLOW, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert hint in ended.stderr and len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [
    ["--nonsense"], ["--port"], ["--port", "x"], ["--port", "70000"], ["--theme", "pink"], ["nonsense"],
    ["--listen", "x"],
])
def test_wrong_options_are_named(tmp_path, arguments):
    ended = run(tmp_path, *arguments)
    assert ended.returncode != 0
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


def test_demo_shows_a_model(start):
    daemon = start("--demo")
    with Browser(daemon.port) as browser:
        browser.settle()
        model = json.loads(browser.next())
        assert model["type"] == "data"
        assert model["data"]["shapes"]["parts"]
        # A kernel's model takes its place.
        Kernel(daemon.port).send(recorded("box-model"))
        assert browser.next() == recorded("box-model")[2:].decode()
    assert config(daemon)["_splash"] is False


def test_a_second_listener_draws_in_its_own_session(start):
    port = free_port()
    daemon = start("--listen", f"{port}=left")
    with Browser(daemon.port, path="/s/left/") as left, Browser(daemon.port) as default:
        left.settle()
        default.settle()
        Kernel(port).send(recorded("box-model"))
        assert left.next() == recorded("box-model")[2:].decode()
        Kernel(daemon.port).send(recorded("bracket-model"))
        assert default.next() == recorded("bracket-model")[2:].decode()
        assert left.quiet()
    assert list(registry(daemon.home)["services"]) == [str(daemon.port)]
    assert get(daemon.port, "/s/left/viewer").status == 200
    assert get(daemon.port, "/sessions").status == 200


# -- the registry

def test_says_which_free_port_a_session_got(start):
    daemon = start("--listen", "0=left")
    (main, left) = json.loads(get(daemon.port, "/status").body)["ports"]
    assert main == {"port": daemon.port, "session": "default"}
    assert left["session"] == "left"
    assert daemon.lines(f"port {left['port']} is for session left")
    Kernel(left["port"]).send(recorded("box-model"))
    with Browser(daemon.port, path="/s/left/") as browser:
        assert browser.next() == recorded("box-model")[2:].decode()


def test_the_registry_holds_the_port_while_it_runs(start):
    daemon = start()
    assert registry(daemon.home) == {"version": 2, "services": {str(daemon.port): ""}}
    daemon.stop()
    assert registry(daemon.home) == {"version": 2, "services": {}}


@pytest.mark.parametrize("before, after", [
    ("", {"version": 2, "services": {}}),
    ("junk {", {"version": 2, "services": {}}),
    ("[]", {"version": 2, "services": {}}),
    ('{"version":2}', {"version": 2, "services": {}}),
    ('{"version":2,"services":null}', {"version": 2, "services": {}}),
    ('{"version":2,"services":{"4000":"/x.json"},"more":[1]}',
     {"version": 2, "services": {"4000": "/x.json"}, "more": [1]}),
    ('{"version":2,"services":{"4000":"/x.json"},"more":[123456789012345680000]}',
     {"version": 2, "services": {"4000": "/x.json"}, "more": [123456789012345680000.0]}),
], ids=["empty", "junk", "a list", "no services", "null services", "others", "a large number"])
def test_the_registry_tolerates_and_keeps(start, tmp_path, before, after):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".ocpvscode").write_text(before, encoding="utf-8")
    daemon = start(home=home)
    assert registry(home)["services"][str(daemon.port)] == ""
    daemon.stop()
    assert registry(home) == after
    assert not (home / ".ocpvscode.lock").exists()


def test_a_stale_lock_is_removed(start, tmp_path):
    home = tmp_path / "home"
    lock = home / ".ocpvscode.lock"
    lock.mkdir(parents=True)
    old = time.time() - 60
    os.utime(lock, (old, old))
    daemon = start(home=home)
    wait_until(lambda: (home / ".ocpvscode").exists() and str(daemon.port) in registry(home)["services"])
    daemon.stop()
    assert not lock.exists()


def test_a_lock_in_use_is_waited_for(start, tmp_path):
    home = tmp_path / "home"
    lock = home / ".ocpvscode.lock"
    lock.mkdir(parents=True)
    threading.Timer(0.5, lock.rmdir).start()
    daemon = start(home=home)
    wait_until(lambda: (home / ".ocpvscode").exists() and str(daemon.port) in registry(home)["services"])


def test_a_lock_in_use_does_not_delay_the_end(start):
    daemon = start()
    lock = daemon.home / ".ocpvscode.lock"
    with Browser(daemon.port) as browser:
        browser.settle()
        lock.mkdir()
        daemon.process.send_signal(signal.SIGTERM)
        # A lock that is touched again and again never becomes a stale one.
        wait_until(lambda: os.utime(lock) or browser.code == 1001, what="goodbye")
        assert str(daemon.port) in registry(daemon.home)["services"]
        lock.rmdir()
    assert daemon.stop() == 0
    assert registry(daemon.home)["services"] == {}


@pytest.mark.parametrize("kind", ["missing", "a file", "unset"])
def test_a_home_that_is_none_does_not_matter(tmp_path, kind):
    home = {"missing": "/nonexistent/home", "a file": str(PROGRAM), "unset": ""}[kind]
    with Daemon(tmp_path / "home", variables={"HOME": home}) as daemon:
        assert Kernel(daemon.port).status() == {}


def test_two_daemons_share_the_registry(start):
    one = start()
    two = start(home=one.home)
    assert set(registry(one.home)["services"]) == {str(one.port), str(two.port)}
    one.stop()
    assert set(registry(one.home)["services"]) == {str(two.port)}


# -- settings

def test_settings_by_default(daemon):
    answer = config(daemon)
    assert answer == DEFAULTS
    keys = [key for key in answer if key != "_splash"]
    assert keys == sorted(keys)


def test_settings_from_the_file_environment_and_flags(start, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".ocpvscode_standalone").write_text(
        "theme: dark\nticks: 7\ntree_width: 300\nno_glass: true\nperspective: true\ngrid_xz: true\n"
        "reset_camera: center\nown_key: [1, {a: b}]\ncollapse: E\n", encoding="utf-8")
    daemon = start(
        "--tree_width", "400", "--axes", "--no_python_enumeration", home=home,
        variables={"CADCAST_TICKS": "9", "CADCAST_TREE_WIDTH": "350"})
    answer = config(daemon)
    changed = {key: value for key, value in answer.items() if DEFAULTS.get(key) != value}
    assert changed == {
        "theme": "dark", "ticks": 9, "tree_width": 400, "axes": True, "glass": False, "ortho": False,
        "grid": [False, True, False], "reset_camera": "CENTER", "own_key": [1, {"a": "b"}],
        "python_enumeration": False, "collapse": answer["collapse"],
    }
    assert answer["collapse"] in ("E", "none")


def test_the_file_is_read_again(start):
    daemon = start()
    path = daemon.home / ".ocpvscode_standalone"
    path.write_text("ticks: 6\n", encoding="utf-8")
    assert config(daemon)["ticks"] == 6
    path.write_text("ticks: 8\n", encoding="utf-8")
    assert config(daemon)["ticks"] == 8
    path.unlink()
    assert config(daemon)["ticks"] == 5


@pytest.mark.parametrize("broken", [
    "ticks: [1\nx: }\n", "\ttab: 1\n", "- a\n- b\n", "just text", "ticks: 8\nticks: {\n", "\x00\x01", "&a [*a",
])
def test_a_broken_file_keeps_the_last_good_values(start, broken):
    daemon = start()
    path = daemon.home / ".ocpvscode_standalone"
    path.write_text("ticks: 6\n", encoding="utf-8")
    assert config(daemon)["ticks"] == 6
    path.write_text(broken, encoding="utf-8")
    assert config(daemon)["ticks"] == 6
    assert daemon.lines(".ocpvscode_standalone") or daemon.lines("YAML") or daemon.lines("yaml")
    path.write_text("ticks: 7\n", encoding="utf-8")
    assert config(daemon)["ticks"] == 7


def test_a_broken_file_names_line_and_column(start):
    daemon = start()
    (daemon.home / ".ocpvscode_standalone").write_text("ticks: 6\naxes: [true\nz: 1\n", encoding="utf-8")
    config(daemon)
    (line,) = [line for line in daemon.lines("ocpvscode_standalone") if "warning" in line]
    assert "line 3" in line or ":3:" in line, line


def test_keys_of_an_old_file(start):
    daemon = start()
    (daemon.home / ".ocpvscode_standalone").write_text(
        "modifier_keys: {shift: altKey, ctrl: ctrlKey, meta: shiftKey}\n", encoding="utf-8")
    assert config(daemon)["modifier_keys"] == {
        "shift": "altKey", "ctrl": "ctrlKey", "meta": "shiftKey", "alt": "altKey"}


def test_writes_the_settings_file(tmp_path):
    ended = run(tmp_path, "--create_configfile")
    assert ended.returncode == 0
    path = tmp_path / ".ocpvscode_standalone"
    assert str(path) in ended.stdout
    import yaml  # pylint: disable=import-outside-toplevel

    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert written["ticks"] == 5 and written["theme"] == "browser"
    assert written["modifier_keys"]["default"]["alt"] == "metaKey"
    assert stat.S_ISREG(path.stat().st_mode)
    assert run(tmp_path, "--create_configfile").stdout == ended.stdout


def test_a_settings_file_that_is_replaced_is_kept(tmp_path):
    path, backup = (tmp_path / name for name in (".ocpvscode_standalone", ".ocpvscode_standalone.bak"))
    path.write_text("ticks: 7\n", encoding="ascii")
    ended = run(tmp_path, "--create_configfile")
    assert ended.stdout == f"Created config file {path}\nThe file that was there is now {backup}\n"
    assert backup.read_text(encoding="ascii") == "ticks: 7\n"
    path.write_text("ticks: 8\n", encoding="ascii")
    backup.unlink()
    backup.mkdir()
    ended = run(tmp_path, "--create_configfile")
    assert ended.returncode == 1 and path.read_text(encoding="ascii") == "ticks: 8\n"


def test_flags_by_environment(tmp_path):
    with Daemon(tmp_path / "home", variables={"CADCAST_DEMO": "1", "CADCAST_MAX_MESSAGE": "2M"}) as daemon:
        assert daemon.health()["model"] is True
