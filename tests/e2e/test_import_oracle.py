# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The picture of a file is that of show(import_step(file)), but for what docs/importing.md lists."""
import json
import math
import os
import re
import struct
import subprocess
from pathlib import Path

import pytest
from daemon import CACHE, ROOT
from importing import IMPORTER, import_file
from slow import SLOW
from test_import_meshes import arrays, leaves, volume

pytestmark = [
    pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange"),
    pytest.mark.clients,
    pytest.mark.bare("build123d itself is not what is looked at"),
]
pytest.importorskip("build123d")

from import_models import FILES  # noqa: E402
from import_oracle import differences, expected  # noqa: E402

# Where the picture differs on purpose: what is found of it in the lines that tell the difference.
NAMES = {"id is", "name is"}
DEVIATIONS = {
    "names of instances.step": NAMES,
    **dict.fromkeys(("text.brep", "binary.brep", "mixture.brep"), NAMES),
}


def check(path, allowed=frozenset()):
    tree, shapes = expected(path)
    got = import_file(path)
    check_one(got, tree, shapes, allowed)
    if path.suffix in (".step", ".stp"):
        # A small file is repaired by one process: now by two.
        shared = import_file(path, "--shared", "0")
        check_one(shared, tree, shapes, allowed)
        assert (shared.plan["tree"], sorted(shared.notices)) == (got.plan["tree"], sorted(got.notices))
        for one, other in zip(got.shapes, shared.shapes, strict=True):
            check_digits(one, other)
    return got


def check_digits(one, other):
    """Two forms of a shape differ in the last digits of numbers alone: directions are made one long when they are read,
    and a shape that another process repaired was read twice more."""
    assert len(one) == len(other)
    at = 0
    while at < len(one):
        if one[at] == other[at]:
            at += 1
            continue
        # Where the number begins cannot be told: it is one of eight places.
        found = [(start, *struct.unpack_from("<d", one, start), *struct.unpack_from("<d", other, start))
                 for start in range(max(0, at - 7), at + 1)]
        near = [start for start, a, b in found if math.isclose(a, b, rel_tol=1e-14) and a != b]
        assert near, f"another byte at {at}: {one[at]}, {other[at]}"
        at = near[-1] + 8


def check_one(got, tree, shapes, allowed):
    assert (got.status, got.error) == (0, None)
    found = differences(tree, got.plan["tree"], shapes, got.shapes)
    assert [line for line in found if not any(word in line for word in allowed)] == []
    assert bool(found) == bool(allowed), "a deviation that is gone"


@pytest.mark.parametrize("name", FILES)
def test_the_picture_is_that_of_build123d(name, tmp_path):
    FILES[name](tmp_path / name)
    check(tmp_path / name, DEVIATIONS.get(name, frozenset()))


def test_a_part_that_the_kernel_cannot_mirror_is_told_of(tmp_path):
    """build123d shows it wrongly too, and in another way."""
    path = tmp_path / "mirrored.step"
    FILES["box.step"](path)
    text = path.read_text().replace("\n", "")
    whole, number, items, context = re.search(
        r"(#(\d+) = ADVANCED_BREP_SHAPE_REPRESENTATION\('',(\([^)]*\)),(#\d+)\);)", text).groups()
    lines = f"""#9001 = ADVANCED_BREP_SHAPE_REPRESENTATION('',{items},{context}); #9002 = REPRESENTATION_MAP(#11,#9001);
#9003 = DIRECTION('',(-1.,0.,0.)); #9004 = DIRECTION('',(0.,1.,0.)); #9005 = DIRECTION('',(0.,0.,1.));
#9006 = CARTESIAN_POINT('',(10.,0.,0.)); #9008 = MAPPED_ITEM('',#9002,#9007);
#9007 = CARTESIAN_TRANSFORMATION_OPERATOR_3D('','','',#9003,#9004,#9006,1.,#9005);
#{number} = SHAPE_REPRESENTATION('',(#11,#9008),{context});"""
    path.write_text(text.replace(whole, lines))
    got = import_file(path)
    assert got.error is None and len(got.shapes) == 1
    assert any("mirrors or scales" in line for line in got.notices), got.notices


# ---- files of CadQuery ----

CADQUERY = {
    "plate.step": (), "bolt.step": (), "wedge.step": (), "mirrored.step": (), "both.step": (), "text.step": (), "sheet.step": (),
    "path.step": (), "sphere.step": (), "assembly.step": (), "fused.step": (), "layers.step": (), "copies.step": NAMES,
    "plate.brep": NAMES, "wedge.brep": NAMES,
}


def check_meshes(folder, known):
    for name, about in known.items():
        got = import_file(folder / name)
        assert (got.status, got.error) == (0, None), name
        data = got.model["data"]
        found = leaves(data["shapes"])
        # It takes the millimetre for the unit of glTF, which is the metre.
        unit = 1000 ** 3 if name.endswith(".glb") else 1
        total = sum(volume(arrays(data["instances"][leaf["shape"]["ref"]])) for leaf in found)
        assert total / unit == pytest.approx(about["volume"], rel=0.02), name
        assert [leaf["name"] for leaf in found] == about["names"]


def test_files_of_cadquery(tmp_path):
    python = CACHE / "cadquery" / "bin" / "python"
    ran = subprocess.run([python, ROOT / "tests" / "lib" / "import_models_cadquery.py", tmp_path], stdout=subprocess.PIPE,
                         timeout=120 * SLOW, check=True)
    for name, allowed in CADQUERY.items():
        check(tmp_path / name, frozenset(allowed))
    check_meshes(tmp_path, json.loads(ran.stdout))


# ---- sample files that come with packages ----

PACKAGE = CACHE / "sample-files" / "node_modules" / "occt-import-js" / "test" / "testfiles"
KERNEL = Path("/usr/share/opencascade/data")
# Bytes of the longest one; CADCAST_SAMPLES=all reads all, which takes a minute.
LONGEST = 1 << 30 if os.environ.get("CADCAST_SAMPLES") == "all" else 32 * 1024
SAMPLES = sorted(path for root in (PACKAGE, KERNEL / "step", KERNEL / "iges") for path in root.rglob("*")
                 if path.suffix in (".stp", ".step", ".igs", ".iges", ".brep") and path.stat().st_size <= LONGEST)
# Files in which instances have names.
INSTANCES = {"as1-oc-214.stp", "as1-tu-203.stp", "as1_pe_203.stp", "as1_pe_203.brep", "dm1-id-214.stp", "dm1-pe-214.stp"}
# Of curves; the kernel that build123d has is a newer one, which reads it.
CURVES = {"head_front_prt.stp": {"color is"}}
# Whose parts are in other files, which build123d opens.
APART = {"FOOT.stp", "HEAD.stp", "MAINBODY.stp", "TAIL.stp", "s1-c5-214.stp", "s1-tu-203.stp", "foot_asm.stp", "head_asm.stp",
         "mainbody_asm.stp", "tail_asm.stp", "s1_pe_214.stp"}


def test_there_are_sample_files():
    if not PACKAGE.is_dir():
        pytest.skip("the packages of tools/sample-files are not installed: tools/test does")
    assert len(SAMPLES) > 25


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_picture_of_a_sample_file(path):
    if path.name not in APART:
        check(path, NAMES if path.name in INSTANCES else CURVES.get(path.name, frozenset()))
        return
    got = import_file(path)
    assert got.error is None and got.notices == ["parts that are in other files are missing"]
    assert all("(empty)" in leaf["name"] for leaf in leaves(got.plan["tree"])), "no other file was opened"
