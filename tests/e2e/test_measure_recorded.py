# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The helper against the recorded answers of the reference."""

import json
import math

import pytest
from measure_helper import ANSWER, ASK, DATA, DROP, FAIL, PING, PONG, READY, Helper, cases_of, compare, corrected, deviation, payload_of

POLE = [60.0, 0.0, 4.0]
CASES = cases_of(DATA / "zoo.jsonl")


@pytest.fixture(scope="module")
def zoo():
    with Helper() as helper:
        kind, report = helper.load(payload_of(DATA / "zoo-backend.msg"))
        assert kind == READY and report["parts"] == 17 and report["unreadable"] == []
        yield helper


def test_every_recorded_case_is_there():
    assert len(CASES) == 385
    assert sum("error" in case for case in CASES) == 3


@pytest.mark.parametrize("number", range(len(CASES)))
def test_recorded_case(zoo, number):
    case = CASES[number]
    kind, answer = zoo.ask(case["tool"], case["ids"])
    if "error" in case:
        # The edge is the pole of a sphere: it has no properties, but its center is where it is.
        if case["tool"] == "PropertiesMeasurement":
            assert kind == FAIL and "degenerate" in answer["error"]
        else:
            assert kind == ANSWER and math.isclose(answer["result"][0]["distance"], math.dist(*answer["result"][1].values()))
            assert deviation(answer["refpoint2"], POLE)[0] <= 1e-6
        return
    assert kind == ANSWER, answer
    worst, where = compare(answer, corrected(case))
    assert worst <= 1e-6, where


@pytest.mark.parametrize("name", ["nothing-moved"])
def test_what_once_disagreed(name):
    """Models on which ours once answered something else than the reference."""
    with Helper() as helper:
        helper.load(payload_of(DATA / f"{name}-backend.msg"))
        for case in cases_of(DATA / f"{name}.jsonl"):
            kind, answer = helper.ask(case["tool"], case["ids"])
            assert kind == ANSWER and compare(answer, corrected(case))[0] <= 1e-6, case["ids"]


@pytest.mark.parametrize("name", ["assembly", "bracket", "box", "legacy-3.4"])
@pytest.mark.parametrize("lazy", [False, True])
def test_recorded_models_are_read(name, lazy):
    payload = payload_of(DATA / f"{name}-backend.msg")
    with Helper() as helper:
        kind, report = helper.load(payload, lazy=lazy)
        assert kind == READY and report["parts"] > 0
        assert report["left"] > 0 if lazy else (report["unreadable"] == [] and report["subshapes"] > 0)

        def leaves(node):
            return [leaf for part in node["parts"] for leaf in leaves(part)] if "parts" in node else [node["id"]]

        for part in leaves(json.loads(payload)["model"]):
            kind, answer = helper.ask("PropertiesMeasurement", [part, False])
            assert kind == ANSWER and answer["result"][0]["volume"] > 0


def test_sessions_do_not_see_each_other():
    with Helper() as helper:
        helper.load(payload_of(DATA / "box-backend.msg"), session=1)
        helper.load(payload_of(DATA / "zoo-backend.msg"), session=2)
        box, sphere = ["/Group/Solid", False], ["/Group/sphere", False]
        assert helper.ask("PropertiesMeasurement", box, session=1)[0] == ANSWER
        assert helper.ask("PropertiesMeasurement", box, session=2)[0] == FAIL
        assert helper.ask("PropertiesMeasurement", sphere, session=1)[0] == FAIL
        assert helper.ask("PropertiesMeasurement", sphere, session=2)[0] == ANSWER
        helper.send(DROP, session=2)
        assert helper.ask("PropertiesMeasurement", sphere, session=2)[0] == FAIL
        assert helper.ask("PropertiesMeasurement", box, session=1)[0] == ANSWER


def test_a_new_model_replaces_the_old_one():
    with Helper() as helper:
        helper.load(payload_of(DATA / "zoo-backend.msg"))
        helper.load(payload_of(DATA / "box-backend.msg"))
        assert helper.ask("PropertiesMeasurement", ["/Group/sphere", False])[0] == FAIL
        helper.send(PING)
        assert helper.receive()[0] == PONG


@pytest.mark.parametrize(
    "question",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"tool":"SelectObjects","ids":["/Group/Solid",false]}',
        b'{"tool":"PropertiesMeasurement"}',
        b'{"tool":"PropertiesMeasurement","ids":[]}',
        b'{"tool":"DistanceMeasurement","ids":["/Group/Solid",false]}',
        b'{"tool":"PropertiesMeasurement","ids":["/Group/Solid/faces/faces_6",false]}',
        b'{"tool":"PropertiesMeasurement","ids":["/Group/Solid/faces/faces_00",false]}',
        b'{"tool":"PropertiesMeasurement","ids":["/Group/Solid/faces/faces_-1",false]}',
        b'{"tool":"PropertiesMeasurement","ids":["/Group/Solid/faces/faces_99999999999999999999",false]}',
        b'{"tool":"PropertiesMeasurement","ids":["",false]}',
        b'{"tool":"PropertiesMeasurement","ids":["/Group",false]}',
    ],
)
def test_a_wrong_question_gets_a_reason(question):
    with Helper() as helper:
        helper.load(payload_of(DATA / "box-backend.msg"))
        helper.send(ASK, question)
        kind, _, answer = helper.receive()
        assert kind == FAIL and json.loads(answer)["error"]
        assert helper.ask("PropertiesMeasurement", ["/Group/Solid/faces/faces_5", False])[0] == ANSWER
