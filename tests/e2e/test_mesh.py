# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The helper's meshes beside what the Python client makes of the same shapes."""

import base64
import json

import numpy as np
import pytest
from measure_helper import COARSE, DATA, EDGES_ONLY, FAIL, MESH, MESH_HEAD, MESHED, PING, PONG, ROOT, Helper, payload_of
from mesh_helper import CASES, cases_of, instance_of, meshed, problems, shape_of
from mesh_summary import differences, summary

SPECIAL = {case["id"]: case for case in cases_of(CASES / "special.json")}
MESSAGES = ROOT / "tests" / "data" / "messages"


@pytest.fixture(scope="module")
def helper():
    with Helper() as running:
        yield running


def shape(name):
    return shape_of(SPECIAL[f"/Group/{name}"])


@pytest.mark.parametrize("name", SPECIAL)
def test_a_shape_is_meshed_as_the_client_does(helper, name):
    assert problems(helper, SPECIAL[name]) == []


def leaves(node):
    return [leaf for part in node["parts"] for leaf in leaves(part)] if "parts" in node else [node]


def recorded(name):
    """The pairs of instance and exact shape of a recorded show."""
    drawn = json.loads((MESSAGES / f"{name}-model.msg").read_bytes()[2:])["data"]
    exact = json.loads(payload_of(DATA / f"{name}-backend.msg"))["model"]
    shapes = {leaf["id"]: leaf["shape"] for leaf in leaves(exact)}
    for leaf in leaves(drawn["shapes"]):
        if leaf["type"] == "shapes" and leaf["id"] in shapes:
            arrays = {
                key: np.frombuffer(base64.b64decode(value["buffer"]), dtype=value["dtype"])
                for key, value in drawn["instances"][leaf["shape"]["ref"]].items()
            }
            yield leaf["id"], base64.b64decode(shapes[leaf["id"]]["obj"]), arrays


@pytest.mark.parametrize("name", ["zoo", "assembly", "bracket"])
def test_a_recorded_show_is_made_again_from_its_exact_shapes(helper, name):
    pairs = list(recorded(name))
    assert pairs
    found = {each: differences(summary(meshed(helper, exact)[0]), summary(arrays)) for each, exact, arrays in pairs}
    assert {each: lines for each, lines in found.items() if lines} == {}


def test_arrays_are_of_the_types_that_a_show_has(helper):
    ours, rest = meshed(helper, shape("box"))
    (_, _, theirs), *_ = recorded("zoo")
    assert list(ours) == list(theirs)
    assert {key: array.dtype for key, array in ours.items()} == {key: array.dtype for key, array in theirs.items()}
    for key, array in theirs.items():
        assert ours[key].shape == array.shape, key
    assert rest["info"]["faces"] == 6 and rest["info"]["triangles"] == 12 and rest["info"]["notices"] == []
    points = ours["vertices"].reshape(-1, 3)
    assert [rest["bb"][key] for key in ("xmin", "ymin", "zmin")] == points.min(axis=0).tolist()
    assert [rest["bb"][key] for key in ("xmax", "ymax", "zmax")] == points.max(axis=0).tolist()


@pytest.mark.parametrize("radius", [3, 6, 12, 24])
def test_normals_at_the_poles_of_a_ball_point_outwards(helper, radius):
    arrays, _ = meshed(helper, shape(f"ball_{radius}"))
    points, normals = arrays["vertices"].reshape(-1, 3), arrays["normals"].reshape(-1, 3)
    assert (np.einsum("ij,ij->i", points, normals) > 0.99 * radius).all()


def test_finer_tolerances_give_finer_meshes(helper):
    counts = [meshed(helper, shape("torus"), deviation=each)[1]["info"]["triangles"] for each in (0.5, 0.1, 0.02)]
    assert counts == sorted(counts) and counts[0] < counts[2]
    angles = [meshed(helper, shape("torus"), angle=each)[1]["info"]["triangles"] for each in (0.8, 0.2, 0.05)]
    assert angles == sorted(angles) and angles[0] < angles[2]


@pytest.mark.parametrize("name", ["ball_6", "torus", "plate"])
def test_a_coarse_mesh_has_the_same_faces_and_fewer_triangles(helper, name):
    fine, coarse = (summary(meshed(helper, shape(name), flags=flags)[0]) for flags in (0, COARSE))
    for key in ("face_types", "edge_types", "vertices"):
        assert coarse[key] == fine[key]
    assert len(coarse["triangles_per_face"]) == len(fine["triangles_per_face"])
    assert coarse["triangles"] < fine["triangles"]
    assert abs(coarse["area"] / fine["area"] - 1) < 0.2


@pytest.mark.parametrize("name", ["box", "torus_part", "plate"])
def test_edges_alone_are_where_the_mesh_has_them(helper, name):
    fine = summary(meshed(helper, shape(name))[0])
    arrays, rest = meshed(helper, shape(name), flags=EDGES_ONLY)
    edges = summary(arrays)
    assert rest["type"] == "edges" and rest["info"]["triangles"] == 0
    assert set(arrays) == {"edges", "segments_per_edge", "edge_types", "obj_vertices"}
    assert sum(edges["segments_per_edge"]) * 6 == arrays["edges"].size
    assert edges["edge_types"] == fine["edge_types"]
    assert abs(edges["length"] / fine["length"] - 1) < 0.02


def test_any_number_of_threads_makes_the_same_mesh(helper):
    one_thread = 4
    first, second = (meshed(helper, shape("plate"), flags=flags)[0] for flags in (0, one_thread))
    for key, array in first.items():
        assert (array == second[key]).all(), key


def test_questions_of_both_kinds_take_turns(helper):
    helper.load(payload_of(DATA / "box-backend.msg"))
    meshed(helper, shape("box"))
    assert helper.ask("PropertiesMeasurement", ["/Group/Solid", False])[1]["shape_type"] == "Solid"


NONSENSE = [(0, 0.2, 0), (-1, 0.2, 0), (float("nan"), 0.2, 0), (0.1, 0, 0), (0.1, float("inf"), 0), (0.1, 0.2, 8)]


@pytest.mark.parametrize("deviation, angle, flags", NONSENSE)
def test_tolerances_that_make_no_sense_are_refused(helper, deviation, angle, flags):
    kind, answer = helper.mesh(shape("box"), deviation, angle, flags)
    assert kind == FAIL and answer["error"]
    assert helper.mesh(shape("box"))[0] == MESHED


@pytest.mark.parametrize("question", [b"", b"x" * 23, MESH_HEAD.pack(0.1, 0.2, 0, 1) + b"x", MESH_HEAD.pack(0.1, 0.2, 0, 0)])
def test_a_question_cut_short_is_refused(helper, question):
    helper.send(MESH, question)
    kind, _, answer = helper.receive()
    assert kind == FAIL and json.loads(answer)["error"]
    helper.send(PING)
    assert helper.receive()[0] == PONG


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_shape_cut_short_is_refused(helper, share):
    whole = shape("plate")
    kind, answer = helper.mesh(whole[: int(len(whole) * share)])
    assert kind == FAIL and answer["error"]
    assert helper.mesh(shape("box"))[0] == MESHED


def test_an_empty_shape_is_named_and_empty(helper):
    empty = json.loads((CASES / "odd.json").read_text())["empty"]
    arrays, rest = meshed(helper, base64.b64decode(empty))
    assert all(array.size == 0 for array in arrays.values())
    assert rest["bb"] is None and rest["info"]["notices"] == ["it is empty"]


def test_an_infinite_face_is_refused(helper):
    kind, answer = helper.mesh(base64.b64decode(json.loads((CASES / "odd.json").read_text())["infinite"]))
    assert kind == FAIL and "infinite" in answer["error"]


def test_a_face_that_cannot_be_meshed_costs_no_other(helper):
    """A face without a border or a surface, between good ones."""
    arrays, rest = meshed(helper, base64.b64decode(json.loads((CASES / "odd.json").read_text())["bare_face"]))
    assert rest["info"]["notices"] == ["face 6 cannot be meshed"]
    assert summary(arrays)["triangles_per_face"] == [2] * 6


def test_the_filter_of_calls_does_not_hinder_threads(helper):
    """The mesher's threads start after the filter is in place."""
    _, rest = meshed(helper, shape("plate"))
    assert rest["info"]["faces"] > 30 and rest["info"]["notices"] == []
    assert instance_of(helper.mesh(shape("plate"))[1])[1]["info"]["watson_faces"] == 0
