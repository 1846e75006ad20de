# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The wheels for other systems than this one: for AArch64, which qemu runs, and for musl, whose programs
link nothing and so run here."""
import os
import re
import shutil
import subprocess
import sys
import urllib.request

import pytest
from conftest import ROOT, SERVED
from daemon import environment

SYSROOT = "/usr/aarch64-linux-gnu"
PLATFORMS = ["manylinux_2_28_aarch64", "musllinux_1_2_x86_64"]


def runner(platform):
    """What stands before a program, for this machine to run it."""
    arch = platform.rpartition("linux_")[2].split("_", 2)[2]
    if arch == os.uname().machine:
        return []
    qemu = shutil.which(f"qemu-{arch}-static")
    if not qemu or not os.path.isdir(SYSROOT):
        pytest.skip(f"nothing runs {arch} here: tools/packages wheel-aarch64")
    return [qemu, "-L", SYSROOT]


class Unpacked:
    """The files of a wheel, where pip puts them if it is asked for another platform."""

    def __init__(self, wheel, platform, folder):
        self.folder = folder / "installed"
        self.runner = runner(platform)
        (folder / "home").mkdir()
        subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-index", "--no-deps",
                        "--only-binary=:all:", "--platform", platform, "--target", self.folder, wheel], check=True)
        self.env = environment(folder / "home")
        self.programs = [self.folder / "bin" / "cadcast", *sorted((self.folder / "libexec" / "cadcast").glob("cadcast-*"))]
        for variable, path in zip(("CADCAST_GEOMETRY", "CADCAST_IMPORT"), self.programs[1:]):
            script = folder / path.name
            script.write_text(f'#!/bin/sh\nexec {" ".join(self.runner)} {path} "$@"\n', encoding="ascii")
            script.chmod(0o755)
            self.env[variable] = str(script)

    def start(self, *words):
        running = subprocess.Popen([*self.runner, self.programs[0], *words], env=self.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        line = running.stdout.readline()
        running.stdout.close()
        return running, re.search(r"READY (\S+/)viewer", line)[1]


@pytest.fixture(scope="module", params=PLATFORMS)
def unpacked(request, tmp_path_factory):
    found = sorted((ROOT / "dist").glob(f"cadcast-*-{request.param}.whl"))
    if not found:
        pytest.skip(f"there is no wheel for {request.param} in dist/: run tools/make-wheel")
    return Unpacked(found[-1], request.param, tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture
def helped(unpacked):
    if len(unpacked.programs) == 1:
        pytest.skip("this wheel was made without OCCT")
    return unpacked


def test_musl_needs_no_library(unpacked):
    if unpacked.runner:
        pytest.skip("this one needs glibc")
    for path in unpacked.programs:
        listed = subprocess.run(["readelf", "--program-headers", "--dynamic", path], capture_output=True, text=True, check=True).stdout
        assert "INTERP" not in listed and "(NEEDED)" not in listed, listed


def test_serves_draws_and_ends(unpacked):
    running, home = unpacked.start("--port", "0", "--demo")
    try:
        for name in (*SERVED, "image.png"):
            with urllib.request.urlopen(home + name, timeout=120) as answer:
                assert answer.read(), name
    finally:
        running.terminate()
        assert running.wait(60) == 0


def test_opens_a_file(helped):
    running, home = helped.start("--port", "0")
    try:
        data = (ROOT / "tests" / "data" / "import" / "assembly.step").read_bytes()
        request = urllib.request.Request(f"{home}model?name=assembly.step", data, method="PUT")
        with urllib.request.urlopen(request, timeout=120) as answer:
            assert re.search(rb'"format": ?"step", ?"parts": ?3', answer.read())
    finally:
        running.terminate()
        assert running.wait(60) == 0


def test_measures_as_the_references_do(helped):
    result = subprocess.run([sys.executable, ROOT / "tools" / "check-measure"], capture_output=True, text=True, check=False, timeout=170,
                            env=helped.env)
    assert result.returncode == 0, result.stdout
