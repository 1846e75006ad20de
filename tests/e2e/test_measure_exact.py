# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What is measured against closed formulas, and against quadrature that was refined until it stood still
(tests/data/make-exact-models.py works both out)."""

import json
import math
import subprocess

import pytest
from daemon import PROGRAM
from measure_helper import ANSWER, DATA, FAIL, READY, Helper, payload_of
from slow import SLOW

LENGTHS, BOXES, BODIES, MESHES, PLATE = (
    json.loads((DATA / f"{name}.json").read_text()) for name in ("lengths", "boxes", "bodies", "meshes", "plate")
)


def loaded(name):
    with Helper() as helper:
        kind, report = helper.load(payload_of(DATA / f"{name}-backend.msg"))
        assert kind == READY and report["unreadable"] == []
        yield helper


@pytest.fixture(scope="module")
def edges():
    yield from loaded("lengths")


def rows_of(answer):
    return {key: value for section in answer["result"] for key, value in section.items()}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_and_its_middle_are_true(edges, name):
    right = LENGTHS[name]
    kind, answer = edges.ask("PropertiesMeasurement", [name, False])
    assert kind == ANSWER, answer
    rows = rows_of(answer)
    assert math.isclose(rows["length"], right["length"], rel_tol=1e-9)
    if "middle" in rows:
        assert rows["middle"] == answer["refpoint"]
        assert math.dist(rows["middle"], right["middle"]) <= 1e-8 * right["length"]
    if answer["shape_type"] == "Wire":
        assert math.dist(answer["refpoint"], right["center"]) <= 1e-8 * right["length"]


def test_the_reference_point_of_an_open_conic_halves_its_length(edges):
    right = LENGTHS["/all/ellipse_arc"]
    _, answer = edges.ask("PropertiesMeasurement", ["/all/ellipse_arc", False])
    assert math.dist(answer["refpoint"], right["middle"]) <= 1e-8 * right["length"]


def test_a_distance_between_centers_starts_at_the_true_middle(edges):
    right = LENGTHS["/all/spline"]
    _, answer = edges.ask("DistanceMeasurement", ["/all/spline", "/all/circle", True])
    assert math.dist(answer["refpoint1"], right["middle"]) <= 1e-8 * right["length"]


@pytest.fixture(scope="module")
def faces():
    yield from loaded("boxes")


def assert_tight(box, right):
    size = max(b - a for a, b in zip(*right))
    for key, side in zip(("min", "max"), right):
        assert math.dist(box[key], side) <= 1e-7 * size, key
    assert math.dist(box["size"], [b - a for a, b in zip(*right)]) <= 1e-7 * size


@pytest.mark.parametrize("name", BOXES)
def test_a_box_is_tight(faces, name):
    kind, answer = faces.ask("PropertiesMeasurement", [name, False])
    assert kind == ANSWER, answer
    assert_tight(rows_of(answer)["bb"], BOXES[name]["box"])


def test_a_plate_with_rounded_holes_is_answered_in_time():
    command = [PROGRAM, "measure", "--timeout", str(2 * SLOW), DATA / "plate-backend.msg", "/all/plate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    rows = rows_of(answer)
    assert math.isclose(rows["volume"], PLATE["/all/plate"]["volume"], rel_tol=1e-7)
    assert math.dist(answer["refpoint"], (0, 0, 0)) <= 1e-6
    assert_tight(rows["bb"], PLATE["/all/plate"]["box"])


def test_what_is_known_is_answered_without_a_box_that_takes_too_long():
    with Helper("--time", "1") as helper:
        helper.load(payload_of(DATA / "plate-backend.msg"))
        kind, answer = helper.ask("PropertiesMeasurement", ["/all/plate", False])
    assert kind == ANSWER, answer
    assert [list(section) for section in answer["result"]] == [["volume"], ["bounding box"]]
    assert "time" in answer["result"][1]["bounding box"]


@pytest.fixture(scope="module")
def solids():
    yield from loaded("bodies")


@pytest.mark.parametrize("name", BODIES)
def test_an_area_a_volume_and_a_centre_are_true(solids, name):
    right = BODIES[name]
    kind, answer = solids.ask("PropertiesMeasurement", [name, False])
    assert kind == ANSWER, answer
    rows = rows_of(answer)
    for key in {"area", "volume"} & set(right):
        assert math.isclose(rows[key], right[key], rel_tol=1e-9)
    if "center" not in right:
        return
    if answer["shape_type"] != "Face":
        assert math.dist(answer["refpoint"], right["center"]) <= 1e-8 * max(rows["bb"]["size"])
    kind, answer = solids.ask("DistanceMeasurement", [name, name + "/vertices/vertices_0", True])
    assert kind == ANSWER and math.dist(answer["refpoint1"], right["center"]) <= 1e-8 * max(rows["bb"]["size"])


@pytest.fixture(scope="module")
def meshes():
    yield from loaded("meshes")


@pytest.mark.parametrize("name", MESHES)
def test_what_is_only_a_mesh_is_measured_by_it(meshes, name):
    right = MESHES[name]
    kind, answer = meshes.ask("PropertiesMeasurement", [name, False])
    if "reason" in right:
        assert kind == FAIL and right["reason"] in answer["error"]
        return
    assert kind == ANSWER, answer
    rows = rows_of(answer)
    for key in {"area", "volume", "length"} & set(right):
        assert math.isclose(rows[key], right[key], rel_tol=1e-9)
    if "center" in right or "middle" in right:
        assert math.dist(answer["refpoint"], right.get("center") or right["middle"]) <= 1e-9
    assert [rows["bb"]["min"], rows["bb"]["max"]] == right["box"]


@pytest.mark.parametrize("other", MESHES)
@pytest.mark.parametrize("name", MESHES)
@pytest.mark.parametrize("centers", [True, False])
def test_distances_of_meshes_are_answered_or_refused(meshes, name, other, centers):
    kind, answer = meshes.ask("DistanceMeasurement", [name, other, centers])
    bare = "reason" in MESHES[name] or "reason" in MESHES[other]
    if centers and not bare:
        assert kind == ANSWER and answer["result"][0]["info"] == "center"
    elif name == other == "/all/exact":
        assert kind == ANSWER
    else:
        assert kind == FAIL and ("mesh" in answer["error"] or "neither" in answer["error"])
