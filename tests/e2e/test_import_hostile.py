# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Damaged files: each gets its line or its picture, and the program an end of its own. CADCAST_MUTATIONS is how many
of each kind are tried (500 before a release), CADCAST_CUTS at how many places a file is cut off (100)."""
import os
import random

import pytest
from importing import IMPORTER, run_import
from measure_helper import ROOT
from test_import_meshes import FILES as MESHES

pytestmark = [pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange"), pytest.mark.abuse]
FILES = {path.name: path.read_bytes() for path in sorted((ROOT / "tests" / "data" / "import").iterdir())} | MESHES
MUTATIONS = int(os.environ.get("CADCAST_MUTATIONS", "2"))
CUTS = int(os.environ.get("CADCAST_CUTS", "3"))
LIMITS = ("--memory", str(3 << 30), "--time", "5", "--max-output", str(1 << 30))


def check(data, name):
    got = run_import(data, *LIMITS, name=name)
    assert got.whole and got.status in (0, 1), (got.status, got.errors[-500:])
    assert (got.done is None) == (got.status == 1) and (got.error is None) == (got.status == 0)
    if got.error is not None:
        assert got.error.startswith(name) and len(got.error) < 400 and "\n" not in got.error, got.error
    return got


def mutated(data, chance):
    """The file with some bytes changed, removed, repeated or put elsewhere; numbers of text become others."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at, size = chance.randrange(len(data)), chance.choice((1, 1, 2, 4, 30))
        kind = chance.randrange(6)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at:at + size] = bytes(chance.randrange(256) for _ in range(size))
        elif kind == 2:
            del data[at:at + size]
        elif kind == 3:
            data[at:at] = data[chance.randrange(len(data)):][:size]
        elif kind == 4:
            data[at:at + size] = chance.choice((b"\xff" * size, b"\0" * size, b"-1", b"99999999999", b"1e999", b"$", b"#1"))
        else:
            digits = [place for place in range(len(data)) if 48 <= data[place] <= 57] or [at]
            data[chance.choice(digits)] = chance.randrange(48, 58)
        if not data:
            return b"x"
    return bytes(data)


@pytest.mark.parametrize("name", FILES)
def test_changed_files(name):
    chance = random.Random(f"{name} {os.environ.get('CADCAST_SEED', '7')}")
    for number in range(MUTATIONS):
        data = mutated(FILES[name], chance)
        try:
            check(data, name)
        except Exception:
            kept = os.environ.get("CADCAST_KEEP")
            if kept:
                with open(f"{kept}/{number}-{name}", "wb") as file:
                    file.write(data)
            raise


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_cut_off(name):
    data = FILES[name]
    for part in range(CUTS):
        got = check(data[:len(data) * part // CUTS], name)
        assert got.error is not None or name.endswith((".obj", ".iges")), part


@pytest.mark.parametrize("text", [b"/etc/passwd", b"../x.step", b"file:///etc/passwd"])
def test_other_files_are_not_opened(text):
    """A STEP file that says its part is in another file."""
    step = FILES["assembly.step"]
    other = b"""#9001=DOCUMENT_FILE('%s','','',#9002,'','');
#9002=DOCUMENT_TYPE('geometry');
#9003=APPLIED_EXTERNAL_IDENTIFICATION_ASSIGNMENT('%s',#9004,#9005,(#9001));
#9004=IDENTIFICATION_ROLE('external document id and location',$);
#9005=EXTERNAL_SOURCE(IDENTIFIER(''));
ENDSEC;
END-ISO""" % (text, text)
    got = check(step.replace(b"ENDSEC;\nEND-ISO", other), "assembly.step")
    assert got.done["shapes"] == 3
