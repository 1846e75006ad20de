# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""cadcast-import (docs/importing.md): what it writes of files, and what it says of bad ones."""
import json

import pytest
from importing import IMPORTER, import_file, import_folder, run_import
from measure_helper import ROOT

pytestmark = pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange")
FILES = ROOT / "tests" / "data" / "import"
STEP = (FILES / "assembly.step").read_bytes()
BREP = (FILES / "text.brep").read_bytes()


def leaves(node):
    if "parts" not in node:
        return [node]
    return [leaf for part in node["parts"] for leaf in leaves(part)]


def test_a_step_file_becomes_a_show_of_geometry():
    got = run_import(STEP, "--deviation", "0.3", "--config", '{"axes": true}', name="assembly.step", plain=True)
    assert (got.status, got.error, got.notices) == (0, None, [])
    plan = got.plan
    assert plan["version"] == 1 and plan["count"] == 3 and plan["config"] == {"axes": True}
    assert plan["mesh"] == {"deviation": 0.3, "angular_tolerance": 0.2}
    assert [leaf["id"] for leaf in leaves(plan["tree"])] == ["/asm/sub/box", '/asm/sub/cyl_"x"/y', "/asm/COMPOUND"]
    assert leaves(plan["tree"])[0]["color"] == "#ff0000"
    assert len(got.shapes) == 3 and all(data.startswith(b"\nOpen CASCADE Topology V4") for data in got.shapes)
    assert got.done["parts"] == 3 and got.done["shapes"] == 3 and got.done["format"] == "step"
    assert list(got.done["seconds"]) == ["reading", "building", "sending"]
    assert [each["phase"] for each in got.progress if each["fraction"] == 0][-1] == "sending"


@pytest.mark.parametrize("name, part", [("my bracket.v2.brep", "my_bracket_v2"), (None, "Solid")])
def test_a_shape_without_a_name_has_the_files(name, part):
    (leaf,) = leaves(run_import(BREP, name=name).plan["tree"])
    assert (leaf["id"], leaf["name"]) == (f"/Group/{part}", part)


def test_several_files_become_one_tree(tmp_path):
    for name in ("one.step", "two two.step"):
        (tmp_path / name).write_bytes(STEP)
    got = import_folder(tmp_path, "one.step", "two two.step")
    assert [part["id"] for part in got.plan["tree"]["parts"]] == ["/Group/one", "/Group/two_two"]
    assert got.plan["count"] == 6 and len(got.shapes) == 3, "equal shapes are sent once"


FAULTS = {
    "is empty": (b"", "x.step"),
    "is cut off: its data are missing": (STEP[:150], "x.step"),
    "is cut off: the end of its data is missing": (STEP[:-100], "x.step"),
    "is cut off: its last line is missing": (STEP.replace(b"END-ISO-10303-21;", b""), "x.step"),
    "x.brep is cut off": (BREP[:-100], "x.brep"),
    "is no valid STEP file": (b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\n#1 = = ;\nENDSEC;\nEND-ISO-10303-21;", "x.step"),
    "x.step cannot be read": (b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\n/* #1 */\nENDSEC;\nEND-ISO-10303-21;", "x.step"),
    "has no shape in it": (b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;\n", "x.step"),
    "it is a PDF document": (b"%PDF-1.4", "x.step"),
    "is not what its name says: a STEP file": (b"hello", "x.step"),
    "is of no kind that can be shown": (b"hello", "x.txt"),
    "compressed with gzip": (b"\x1f\x8b\x08", "x.step"),
    "the file is empty": (b"", None),
}


@pytest.mark.parametrize("words", FAULTS)
def test_a_bad_file_gets_one_line(words):
    data, name = FAULTS[words]
    got = run_import(data, name=name)
    assert got.status == 1 and got.messages == [] and got.done is None
    assert got.error.startswith("x." if name else "the file ") and words in got.error and "\n" not in got.error


def test_the_content_counts_before_the_name():
    assert run_import(STEP, name="x.stl").done["format"] == "step"


def test_limits_are_named():
    assert "larger than is allowed" in run_import(STEP, "--max-input", "1000", name="a.step").error
    assert "more geometry than is allowed" in run_import(STEP, "--max-output", "1000", name="a.step").error


def test_a_file_that_is_not_there_is_named(tmp_path):
    got = import_folder(tmp_path, "none.step")
    assert (got.status, got.error) == (1, "none.step is not there")


@pytest.mark.parametrize("options", [["--root", "/"], ["--config", "[1]"], ["--format", "jpeg"], ["--no"], ["x"],
                                     ["--root", "/", "../x"], ["--memory", "-1"]])
def test_a_wrong_command_line_is_refused(options):
    got = run_import(STEP, *options)
    assert got.status == 2 and got.errors.startswith(b"cadcast-import: ") and got.messages == []


@pytest.mark.parametrize("name", ["parts.iges", "rounded-corner.step"])
def test_healing_can_be_left_out(name):
    """The kernel changes these shapes when it repairs them."""
    file = (FILES / name).read_bytes()
    healed, raw = (run_import(file, *options, name=name) for options in ([], ["--no-heal"]))
    assert json.dumps(healed.plan["tree"]) == json.dumps(raw.plan["tree"])
    assert healed.plan["shapes"] != raw.plan["shapes"]


def test_the_kept_files_are_read():
    for path in FILES.iterdir():
        assert import_file(path).error is None, path.name
