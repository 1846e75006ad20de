# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The wheel: what is in it, what it leaves behind, and that its program is whole by itself."""
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, SERVED, Installed
from peers import Browser, Kernel

PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13"]


def python_of(version):
    """An interpreter of that version; there may be a shim for one that is not there."""
    places = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")]
    for place in filter(None, places):
        asked = subprocess.run([place, "-c", "import ensurepip, venv"], capture_output=True, check=False)
        if asked.returncode == 0:
            return place
    return None


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()


def ready(result):
    return re.search(r"READY (\S+/)viewer", result.stdout)[1]


@pytest.mark.quick
def test_program_is_no_script(installed):
    """It starts without Python."""
    assert installed.program.read_bytes()[:4] == b"\x7fELF"


@pytest.mark.quick
def test_needs_the_c_library_alone(installed):
    for path in [installed.program, *(installed.folder / "libexec").rglob("cadcast-*")]:
        listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        names = {line.split()[0] for line in listed.splitlines() if "=>" in line}
        assert names <= {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"}, listed


@pytest.mark.parametrize("name", [
    "share/man/man1/cadcast.1", "share/bash-completion/completions/cadcast", "share/zsh/site-functions/_cadcast",
    "share/fish/vendor_completions.d/cadcast.fish", "share/cadcast/static/page.js", "share/cadcast/data/demo.msg",
])
def test_installs(installed, name):
    assert [path for path in installed.folder.rglob("*") if re.search(rf"{re.escape(name)}(\.gz|\.bash)?$", str(path))], name


def assert_licence(wheel, name):
    with zipfile.ZipFile(wheel) as archive:
        names = [each for each in archive.namelist() if f".dist-info/licenses/{name}" in each]
        assert names and all(archive.getinfo(each).file_size > 200 for each in names), name
        metadata = next(each for each in archive.namelist() if each.endswith("/METADATA"))
        assert f"License-File: {Path(names[0]).name}" in archive.read(metadata).decode()


@pytest.mark.parametrize("name", [
    "LICENSE", "page-NOTICE", "page-ocp-viewer-core-LICENSE", "wslay", "llhttp", "libuv", "jansson", "libyaml", "zlib", "zstd", "openssl",
    "qrencode", "zig"])
def test_has_the_licence_of(wheel, name):
    assert_licence(wheel, name)


@pytest.mark.parametrize("name", ["opencascade-LGPL-2.1", "opencascade-exception", "libcxx"])
def test_has_the_licence_of_what_the_helper_is_made_of(wheel, helper, name):
    assert_licence(wheel, name)


@pytest.mark.quick
def test_serves_its_page_and_its_demo(installed):
    home = ready(installed.run("start", "--port", "0", "--demo"))
    for name in SERVED:
        assert fetch(home + name), name
    assert b'"model":true' in fetch(home + "healthz").replace(b" ", b"")
    installed.stop_all()


@pytest.mark.quick
def test_shows_a_recorded_message(installed):
    """As a client sends it, to a page that takes text."""
    message = (ROOT / "tests" / "data" / "messages" / "box-model.msg").read_bytes()
    port = int(re.search(r":(\d+)/", ready(installed.run("start", "--port", "0")))[1])
    with Browser(port) as page:
        page.settle()
        Kernel(port).send_and_settle(message)
        while '"/Group/Solid"' not in page.next(30):
            pass
    installed.stop_all()


@pytest.fixture
def helper(wheel):
    """The helper's path below the environment."""
    names = zipfile.ZipFile(wheel).namelist()
    if not any(name.endswith("/libexec/cadcast/cadcast-geometry") for name in names):
        pytest.skip("the wheel was made without the helper, since this machine's cache has no OCCT yet")
    return Path("libexec", "cadcast", "cadcast-geometry")


@pytest.mark.quick
def test_measures_exactly(installed, helper):
    """The helper is found and answers: the box's volume is not that of a mesh."""
    said = installed.run("measure", ROOT / "tests" / "data" / "messages" / "box-backend.msg", "/Group/Solid", check=False)
    assert '"volume"' in said.stdout, said.stdout + said.stderr


def test_measures_as_the_references_do(installed, helper):
    """Every recorded case: another compiler and another build of OCCT than the distribution's."""
    result = subprocess.run([sys.executable, ROOT / "tools" / "check-measure"], capture_output=True, text=True, check=False, timeout=170,
                            env={**installed.env, "CADCAST_GEOMETRY": str(installed.folder / helper)})
    assert result.returncode == 0, result.stdout


@pytest.mark.quick
@pytest.mark.parametrize("name", ["assembly.step", "parts.iges", "text.brep"])
def test_reads_files(installed, helper, name, tmp_path):
    """The importer is found, with OCCT's readers and writers in it, and the helper meshes what it read."""
    path = ROOT / "tests" / "data" / "import" / name
    for kind, start in (("glb", b"glTF"), ("step", b"ISO-10303-21;"), ("brep", b"CASCADE Topology")):
        out = tmp_path / f"out.{kind}"
        installed.run("export", path, "-o", out)
        assert start in out.read_bytes()[:100] and out.stat().st_size > 1000, kind


@pytest.mark.quick
def test_uninstalling_ends_nothing_and_leaves_no_file(wheel, tmp_path):
    """pip leaves empty folders below share, which is its way with every package."""
    here = Installed(tmp_path / "venv", tmp_path / "home", wheel)
    home = ready(here.run("start", "--port", "0", "--demo"))
    kept = tmp_path / "cadcast"
    shutil.copy2(here.program, kept)
    here.python("import cadcast; cadcast.status()")
    pid = int(re.search(rb'"pid": ?(\d+)', fetch(home + "healthz"))[1])
    here.pip("uninstall", "-q", "-y", "cadcast")
    assert fetch(home + "viewer"), "it runs on"
    left = here.files() - here.before
    assert not left, left
    os.kill(pid, 15)


@pytest.mark.parametrize("version", PYTHONS)
def test_python(wheel, tmp_path, version):
    """Each Python that this machine has: the package starts and stops its program."""
    python = python_of(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine: nothing in the network has one for tests")
    here = Installed(tmp_path / "venv", tmp_path / "home", wheel, python)
    said = here.python(
        "import sys, cadcast\n"
        "server = cadcast.start(port=0)\n"
        "assert cadcast.status(server.port)['pid'] == server.pid\n"
        "assert cadcast.stop(server.port) and cadcast.status(server.port) is None\n"
        "print('%d.%d' % sys.version_info[:2], cadcast.__version__, cadcast.program())")
    assert said.split() == [version, here.run("--version").stdout.split()[-1], str(here.program)]


def test_an_empty_root_with_the_c_library_alone(installed, tmp_path):
    """Nothing but the wheel's files and glibc: no shell, no /usr, no account."""
    if os.geteuid() != 0:
        pytest.skip("only root may change its root")
    root = tmp_path / "root"
    for name in ("bin", "share", "libexec"):
        if (installed.folder / name).is_dir():
            shutil.copytree(installed.folder / name, root / "usr" / name, symlinks=True)
    for path in [installed.program, *(installed.folder / "libexec").rglob("cadcast-*")]:
        listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+) \(0x", listed):
            (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, root / library[1:])
    (root / "tmp").mkdir()
    # The helper's other streams; every container has this.
    (root / "dev").mkdir()
    subprocess.run(["cp", "-a", "/dev/null", root / "dev"], check=True)
    shutil.copy(ROOT / "tests" / "data" / "messages" / "box-backend.msg", root / "tmp")
    inside = ["/usr/sbin/chroot", root, "/usr/bin/cadcast"]
    # Without /proc, which a container has, the loader and the program do not know where they are.
    env = {"HOME": "/tmp", "CADCAST_DATA_DIR": "/usr/share/cadcast", "CADCAST_GEOMETRY": "/usr/libexec/cadcast/cadcast-geometry"}
    if (root / "usr" / "libexec").is_dir():
        measured = subprocess.run([*inside, "measure", "/tmp/box-backend.msg", "/Group/Solid"], env=env, capture_output=True, text=True,
                                  check=False, timeout=60)
        assert '"volume"' in measured.stdout, measured.stdout + measured.stderr
    running = subprocess.Popen([*inside, "--port", "0", "--demo"], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        home = re.search(r"READY (\S+/)viewer", running.stdout.readline())[1]
        for name in SERVED:
            assert fetch(home + name), name
    finally:
        running.terminate()
        assert running.wait(20) == 0
        running.stdout.close()


@pytest.mark.timeout(900)
def test_two_builds_make_the_same_bytes(wheel, tmp_path):
    """The wheel in dist/ and one that is built now, of the same sources."""
    geometry = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("cadcast-geometry")]
    command = [ROOT / "tools" / "make-wheel", "--out", tmp_path] + ([] if geometry else ["--no-geometry"])
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    assert next(tmp_path.glob("*.whl")).read_bytes() == wheel.read_bytes()
