# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What a file could do that had taken cadcast-import over: nothing; each layer holds alone, and without all of them the
same tries succeed."""
import ctypes
import errno
import os
import subprocess
from pathlib import Path

import pytest
from importing import IMPORTER, SANITIZED, run_import
from measure_helper import ROOT

pytestmark = [
    pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange"),
    pytest.mark.bare("the library that pries stands before the C library"),
]
STEP = (ROOT / "tests" / "data" / "import" / "assembly.step").read_bytes()
LAYERS = ("seccomp", "landlock", "rlimit")
SYS_LANDLOCK = 444
HAS_LANDLOCK = ctypes.CDLL(None).syscall(SYS_LANDLOCK, 0, 0, 1) > 0


@pytest.fixture(scope="module")
def pry(tmp_path_factory):
    if SANITIZED:
        pytest.skip("a sanitizer is loaded before the library that pries")
    library = tmp_path_factory.mktemp("pry") / "prying.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, ROOT / "tests" / "lib" / "prying.c"],
                   check=True)

    def pried(*left_out):
        variables = {**os.environ, "LD_PRELOAD": str(library), "CADCAST_PRY": ",".join(left_out)}
        got = run_import(STEP, "--shared", "0", name="a.step", env=variables)
        assert got.status == 0, "the file is read all the same"
        found = [(word, int(number)) for word, number in (line.split() for line in got.errors.decode().splitlines())]
        if len(os.sched_getaffinity(0)) > 1:
            assert sorted(found)[::2] == sorted(found)[1::2], "the process that helps has the same rights"
        return dict(found)

    return pried


def test_all_layers_together(pry):
    assert pry() == dict.fromkeys(("file", "new", "socket", "process", "program"), errno.EPERM)


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_holds_alone(pry, layer):
    if layer == "landlock" and not HAS_LANDLOCK:
        pytest.skip("this kernel has no Landlock")
    got = pry(*(other for other in LAYERS if other != layer))
    refused = {"seccomp": errno.EPERM, "landlock": errno.EACCES, "rlimit": errno.EMFILE}[layer]
    assert (got["file"], got["new"]) == (refused, refused)


def test_without_them_it_does_not_hold(pry):
    got = pry(*LAYERS)
    Path("/tmp/cadcast-pried").unlink()
    assert (got["file"], got["socket"], got["process"]) == (0, 0, 0)
