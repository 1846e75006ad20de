# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Files into files of another kind without a server: what comes out is what a server would give."""
import json
import subprocess

import pytest
from conftest import ROOT
from daemon import CACHE, PROGRAM, environment
from importing import IMPORTER, import_file
from test_files import put
from wire import get

pytestmark = pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange")

DATA = ROOT / "tests" / "data"
STEP = DATA / "import" / "assembly.step"
PAIR = DATA / "files" / "pair.step"
READERS = CACHE / "readers" / "bin" / "python"
CUBE = """o cube
mtllib cube.mtl
v 0 0 0
v 1 0 0
v 0 1 0
v 0 0 1
usemtl red
f 1 3 2
f 1 2 4
f 2 3 4
f 3 1 4
"""


def export(home, *words, **more):
    return subprocess.run([PROGRAM, "export", *words], capture_output=True, env=environment(home), check=False, **more)


def converted(home, out, *words):
    done = export(home, "-o", out, *words)
    assert done.returncode == 0, done.stderr
    return out.read_bytes()


def names(tree):
    return [tree["name"], [names(part) for part in tree["parts"]]] if "parts" in tree else tree["name"]


def colours(tree):
    return [each for part in tree["parts"] for each in colours(part)] if "parts" in tree else [(tree["color"], tree["alpha"])]


@pytest.mark.parametrize("form", ["glb", "3mf"])
def test_our_importer_reads_it_again(tmp_path, form):
    want = import_file(STEP).plan["tree"]
    converted(tmp_path, tmp_path / f"again.{form}", STEP)
    got = import_file(tmp_path / f"again.{form}")
    assert got.error is None and names(got.model["data"]["shapes"]) == names(want)
    assert colours(got.model["data"]["shapes"]) == colours(want)


@pytest.mark.shared
def test_it_gives_what_a_server_gives(daemon, tmp_path):
    answer = put(daemon.port, "/model?name=assembly.step", STEP.read_bytes(), timeout=60)
    assert answer.status == 200, answer.body
    for form in ("glb", "stl", "3mf"):
        assert converted(tmp_path, tmp_path / f"x.{form}", STEP) == get(daemon.port, f"/model.{form}").body


def test_exact_geometry_stays_exact(tmp_path):
    want = import_file(STEP).plan["tree"]
    converted(tmp_path, tmp_path / "again.step", STEP)
    assert names(import_file(tmp_path / "again.step").plan["tree"]) == names(want)
    converted(tmp_path, tmp_path / "again.stp", DATA / "import" / "parts.iges")
    assert names(import_file(tmp_path / "again.stp").plan["tree"]) == names(import_file(DATA / "import" / "parts.iges").plan["tree"])
    assert converted(tmp_path, tmp_path / "x.brep", STEP).startswith(b"\nCASCADE Topology V1")
    part = next(each["id"] for each in want["parts"] if "parts" not in each)
    converted(tmp_path, tmp_path / "part.step", "--parts", part, STEP)
    found = import_file(tmp_path / "part.step").plan["tree"]
    assert [each["id"] for each in found["parts"]] == [part]


def test_several_become_one_tree(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "pair.step").write_bytes(PAIR.read_bytes())
    link = tmp_path / "link.step"
    link.symlink_to(STEP)
    place = tmp_path / "place"
    place.mkdir()
    variables = {**environment(tmp_path), "TMPDIR": str(place)}
    done = subprocess.run([PROGRAM, "export", "-o", tmp_path / "all.step", one / "pair.step", other / "pair.step", link],
                          capture_output=True, env=variables, check=False)
    assert done.returncode == 0, done.stderr
    assert list(place.iterdir()) == [], "its folder is gone"
    tree = import_file(tmp_path / "all.step").plan["tree"]
    assert [part["name"] for part in tree["parts"]] == ["pair", "2-pair", "link"]


def test_meshes_with_what_lies_beside_them(tmp_path):
    (tmp_path / "cube.obj").write_text(CUBE)
    (tmp_path / "cube.mtl").write_text("newmtl red\nKd 1 0 0\n")
    glb = converted(tmp_path, tmp_path / "cube.glb", tmp_path / "cube.obj")
    assert b'"baseColorFactor":[1,0,0,1]' in glb
    stl = converted(tmp_path, tmp_path / "cube.stl", tmp_path / "cube.glb")
    assert int.from_bytes(stl[80:84], "little") == 4
    done = subprocess.run([READERS, ROOT / "tests/lib/trimesh_summary.py", tmp_path / "cube.stl"], check=True, capture_output=True)
    assert json.loads(done.stdout)[0][0]["volume"] == pytest.approx(1 / 6)
    done = export(tmp_path, "-o", tmp_path / "x.step", tmp_path / "cube.obj")
    assert done.returncode == 1 and b"no exact geometry, only triangles" in done.stderr
    done = export(tmp_path, "-o", tmp_path / "x.stl", tmp_path / "cube.obj", STEP)
    assert done.returncode == 1 and b"cannot be shown together" in done.stderr


def test_pictures_and_pages(tmp_path):
    one = converted(tmp_path, tmp_path / "x.png", STEP)
    assert one.startswith(b"\x89PNG")
    for words in (["--format", "png"], ["--format=png", "--visible"]):
        assert export(tmp_path, "-o", "-", *words, STEP).stdout == one
    # Several are drawn as the tree that they become; --parts takes ids of it.
    assert converted(tmp_path, tmp_path / "x.png", "--parts", "/Group/assembly", STEP, PAIR) == converted(
        tmp_path, tmp_path / "y.png", "--parts", "/Group/assembly", "--hide", "/Group/pair", STEP, PAIR) != one
    both = converted(tmp_path, tmp_path / "x.png", STEP, PAIR)
    drawn = subprocess.run([PROGRAM, "render", "-o", "-", STEP, PAIR], capture_output=True, env=environment(tmp_path), check=True)
    assert drawn.stdout == both != one
    coarse = converted(tmp_path, tmp_path / "x.png", "--deviation", "5", "--no-heal", STEP)
    assert coarse.startswith(b"\x89PNG") and coarse != one
    done = export(tmp_path, "-o", "-", "--format", "brep", STEP)
    assert done.returncode == 0 and b"CASCADE Topology" in done.stdout


def test_it_says_which_file_and_why(tmp_path):
    (tmp_path / "bad.step").write_text("nothing of the kind")
    (tmp_path / "cut.step").write_bytes(STEP.read_bytes()[:4000])
    for words, status, why in (
        (["bad.step"], 1, b"cadcast: bad.step is not what its name says"), (["cut.step"], 1, b"cadcast: cut.step is cut off"),
        (["none.step"], 1, b"none.step: no such file"), (["bad.step", "none.step"], 1, b"none.step: no such file"),
        (["cut.step", "none.step"], 1, b"cadcast: none.step: no such file"),
        (["bad.step", "x.msg"], 2, b"of several files each must be one that can be shown"),
        (["--deviation", "x", "cut.step"], 2, b"--deviation must be a number above 0"),
    ):
        for name in ("x.glb", "x.png"):
            done = export(tmp_path, "-o", tmp_path / name, *words, cwd=tmp_path)
            assert (done.returncode, why in done.stderr.replace(b"No", b"no")) == (status, True), done.stderr
            assert not (tmp_path / name).exists()
