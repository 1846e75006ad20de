# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""`meson install`, and what it installs used from there."""
import plistlib
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import ROOT, recorded
from daemon import PROGRAM, Daemon, environment
from peers import Browser, Kernel
from wire import get

pytestmark = pytest.mark.bare("what is installed is started from there, without valgrind")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that stands for / : what a packager's DESTDIR is."""
    if not (PROGRAM.parent / "build.ninja").is_file():
        pytest.skip(f"{PROGRAM.parent} is no build folder")
    root = tmp_path_factory.mktemp("root")
    ended = subprocess.run(
        ["meson", "install", "-C", PROGRAM.parent, "--no-rebuild", "--quiet", "--destdir", root],
        capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return root


def find(root, name):
    (path,) = [path for path in root.rglob(name) if path.is_file()]
    return path


def test_the_installed_one_has_all_it_needs(installed, tmp_path):
    program = find(installed, "cadcast")
    assert program.parent.name == "bin"
    with Daemon(tmp_path / "home", "--demo", program=program) as daemon:
        assert daemon.lines("libraries are missing") == [], "run tools/fetch-assets"
        page = get(daemon.port, "/viewer")
        assert page.status == 200
        files = re.findall(r'(?:href|src)="(static/[^"]+)"', page.body.decode())
        assert len(files) > 10
        packed = {path.read_bytes() for path in installed.rglob("*.gz") if path.parent.name == "gzip"}
        for file in files:
            response = get(daemon.port, "/" + file, "Accept-Encoding: gzip")
            assert response.status == 200, file
            assert "content-encoding" not in response.headers or response.body in packed
        assert len(packed) > 20
        with Browser(daemon.port) as browser:
            assert "planets" in browser.next(), "the built-in model"
        Kernel(daemon.port).send(recorded("box-backend"))
        helper = list(installed.rglob("cadcast-geometry"))
        assert ('"measuring":true' in get(daemon.port, "/status").body.decode()) == bool(helper)


def test_completion_is_where_the_shells_look(installed):
    for place in ("bash-completion/completions/cadcast.bash", "zsh/site-functions/_cadcast",
                  "fish/vendor_completions.d/cadcast.fish"):
        path = find(installed, place.rsplit("/", 1)[1])
        assert str(path).endswith(f"/share/{place}")
        assert "--max-message" in path.read_text(encoding="utf-8") or path.suffix == ".fish"
        assert "cadcast" in path.read_text(encoding="utf-8")


def test_a_double_click_opens_what_can_be_read(installed):
    """Each ending of docs/importing.md is of a kind that the entry of the desktop takes."""
    entry = find(installed, "cadcast.desktop")
    assert entry.parent.name == "applications"
    lines = dict(line.split("=", 1) for line in entry.read_text(encoding="utf-8").splitlines() if "=" in line)
    program, *words = lines["Exec"].split()
    assert find(installed, program).parent.name == "bin" and words == ["open", "%F"]
    assert find(installed, f"{lines['Icon']}.svg")
    kinds = find(installed, "cadcast.xml")
    assert kinds.parent.parts[-2:] == ("mime", "packages")
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    taken = lines["MimeType"].split(";")
    endings = {glob.get("pattern").removeprefix("*") for kind in ElementTree.parse(kinds).iter(f"{space}mime-type")
               if kind.get("type") in taken for glob in kind.iter(f"{space}glob")}
    table = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8").split("# What the picture has")[0]
    # What lies beside a model is none.
    assert endings == set(re.findall(r"`(\.\w+)`", table)) - {".mtl", ".bin"}


def test_the_systemd_units(installed, tmp_path):
    service, socket = find(installed, "cadcast.service"), find(installed, "cadcast.socket")
    assert service.parts[-4:-1] == ("lib", "systemd", "user")
    command = re.search(r"^ExecStart=(\S+) (.*)$", service.read_text(encoding="utf-8"), re.MULTILINE)
    program = installed / command[1].lstrip("/")
    # As a service manager would start it, but for the port.
    words = [word.replace("%h", str(tmp_path)) for word in command[2].split()]
    with Daemon(tmp_path / "home", *words, program=program) as daemon:
        assert get(daemon.port, "/healthz").status == 200
    assert (tmp_path / ".local/state/cadcast/3939/key").is_file()
    # What it checks must exist where the unit says, so the unit speaks of the program here.
    copies = tmp_path / "units"
    copies.mkdir()
    for unit in (service, socket):
        text = unit.read_text(encoding="utf-8").replace(command[1], str(program))
        (copies / unit.name).write_text(text, encoding="utf-8")
    ended = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", *sorted(copies.iterdir())],
        env=environment(tmp_path / "verify"), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_launchd_agent(installed):
    with open(find(installed, "cadcast.plist"), "rb") as file:
        agent = plistlib.load(file)
    assert agent["Label"] == "cadcast" and agent["RunAtLoad"]
    shell, flag, line = agent["ProgramArguments"]
    assert (shell, flag) == ("/bin/sh", "-c")
    program = Path(re.match(r"exec (\S+) serve ", line)[1])
    assert (installed / program.relative_to("/")).is_file()
    assert subprocess.run([shell, "-n", flag, line], check=False).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks GNU man")
def test_the_man_page(installed):
    assert find(installed, "cadcast.1").parent.name == "man1"
