# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Shows that send geometry, with the real helper: recorded shows, their geometry sent instead of their
triangles, look and measure the same."""
import base64
import io
import json
import os
import re
from array import array
from pathlib import Path

import cadmodel
import pytest
from daemon import wait_until
from exact import ExactKernel, plan, recorded_show
from exact import leaf as made_leaf
from measure_helper import compare
from peers import Browser, Kernel
from PIL import Image, ImageChops, ImageStat
from slow import SLOW
from wire import get

DATA = Path(__file__).resolve().parents[1] / "data"
OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})
SHOWS = ["box", "assembly", "bracket", "zoo"]


@pytest.fixture
def exact(start):
    helper = {"CADCAST_GEOMETRY": os.environ["CADCAST_GEOMETRY"]} if "CADCAST_GEOMETRY" in os.environ else {}
    daemon = start("--mesh-processes", 2, variables=helper)
    daemon.helper = helper
    if get(daemon.port, "/api/exact").status == 404:
        pytest.skip("cadcast-geometry is not built here")
    return daemon


def show(daemon, name, path="/"):
    payload, shapes = recorded_show(DATA, name)
    with ExactKernel(daemon.port, path) as kernel:
        _, answer = kernel.show(shapes, payload=payload)
    assert answer["ok"] and answer["notices"] == [], answer
    return payload


def file_of(daemon, path="/"):
    with Browser(daemon.port, path, hello=OURS) as page:
        while (got := json.loads(page.next())).get("type") != "model":
            pass
    return cadmodel.decode(get(daemon.port, path + got["url"]).body)


def leaves(tree):
    """{id: leaf} of a tree."""
    if "parts" not in tree:
        return {tree["id"]: tree}
    return {key: leaf for part in tree["parts"] for key, leaf in leaves(part).items()}


def numbers(stored):
    kind = {"float32": "f", "int32": "i", "uint32": "I"}[stored.rest["dtype"]]
    return list(array(kind, stored.data))


def arrays_of(data, leaf):
    """{name: numbers} of what a leaf is drawn with."""
    held = leaf["shape"]
    held = data["instances"][held["ref"]] if "ref" in held else held
    return {name: numbers(value) for name, value in held.items()}


@pytest.mark.parametrize("name", SHOWS)
def test_a_show_of_geometry_looks_as_one_of_triangles(exact, name):
    show(exact, name)
    got = file_of(exact)
    want = cadmodel.expect((DATA / "messages" / f"{name}-model.msg").read_bytes()[2:])
    assert got["config"] == want["config"] and got["count"] == want["count"]
    ours, theirs = leaves(got["data"]["shapes"]), leaves(want["data"]["shapes"])
    assert set(ours) == {ident for ident in theirs if ident != "/Group/wire"}
    for ident, leaf in ours.items():
        other = theirs[ident]
        assert {**leaf, "shape": None} == {**other, "shape": None}
        mine, wanted = arrays_of(got["data"], leaf), arrays_of(want["data"], other)
        assert set(mine) == set(wanted), ident
        for exactly in ("face_types", "edge_types", "triangles_per_face", "segments_per_edge"):
            if exactly in mine and exactly.endswith("types"):
                assert mine[exactly] == wanted[exactly], (ident, exactly)
            elif exactly in mine:  # how many there are differs between releases of OCCT
                assert len(mine[exactly]) == len(wanted[exactly]), (ident, exactly)
    for side, value in got["data"]["shapes"]["bb"].items():
        assert abs(value - want["data"]["shapes"]["bb"][side]) < 1e-2, side


def answers(daemon, path, questions):
    """What a page of that session is answered."""
    found = []
    with Browser(daemon.port, path, hello=OURS) as page:
        for tool, ids in questions:
            page.say("status", {"activeTool": tool})
            page.say("status", {"selectedShapeIDs": ids})
            while (got := json.loads(page.next())).get("type") != "backend_response":
                pass
            found.append(got)
    return found


def both_ways(daemon, name, questions):
    """Asks about a show of geometry and about the same that came as `D` and `B`."""
    show(daemon, name, "/s/sent/")
    old = Kernel(daemon.port, "/s/old/")
    old.send_and_settle((DATA / "messages" / f"{name}-model.msg").read_bytes())
    old.ask((DATA / "measure" / f"{name}-backend.msg").read_bytes())
    sent, wanted = answers(daemon, "/s/sent/", questions), answers(daemon, "/s/old/", questions)
    for question, mine, other in zip(questions, sent, wanted):
        # Turned placements differ in the last digit.
        assert compare(mine, other)[0] < 1e-9, question
    return sent


def test_measuring_answers_as_through_the_message_of_geometry(exact):
    """All recorded questions about the zoo, but for its leaf of several shapes."""
    lines = (DATA / "measure" / "zoo.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines if "/Group/wire" not in line]
    assert len(cases) > 300
    both_ways(exact, "zoo", [(case["tool"], case["ids"]) for case in cases])


def test_parts_that_are_moved_and_turned_are_measured_where_they_are(exact):
    questions = [("PropertiesMeasurement", [f"/robot/{part}/{kind}", False])
                 for part in ("base", "leg0", "leg1")
                 for kind in ("faces/faces_0", "edges/edges_1", "vertices/vertices_0")]
    questions.append(("DistanceMeasurement", ["/robot/leg0/faces/faces_1", "/robot/leg1/faces/faces_2", True]))
    for answer in both_ways(exact, "assembly", questions):
        assert "error" not in answer


def test_a_restart_keeps_what_measures(start, tmp_path, exact):
    exact.stop()
    variables = exact.helper
    folder = tmp_path / "pictures"
    daemon = start("--state-dir", folder, variables=variables)
    show(daemon, "box")
    # The geometry is made after the picture is shown.
    wait_until(lambda: daemon.metric("pool_jobs") == 0)
    before = answers(daemon, "/", [("PropertiesMeasurement", ["/Group/Solid/faces/faces_0", False])])
    assert "error" not in before[0]
    assert daemon.stop() == 0
    again = start("--state-dir", folder, variables=variables)
    assert answers(again, "/", [("PropertiesMeasurement", ["/Group/Solid/faces/faces_0", False])]) == before


@pytest.mark.parametrize("sent", [False, True], ids=["triangles", "geometry"])
def test_a_model_that_comes_alone_is_not_measured_on_the_one_before_it(exact, sent):
    """Its parts have the same names. The one before keeps its own, as a step of the history."""
    question = ("PropertiesMeasurement", ["/Group/Solid/faces/faces_0", False])
    kernel = Kernel(exact.port)
    model = (DATA / "messages" / "box-model.msg").read_bytes()
    other = model.replace(b'"config":{', b'"config":{"future":1,', 1)
    assert other != model
    if sent:
        show(exact, "box")
    else:
        kernel.send_and_settle(model)
        kernel.ask((DATA / "measure" / "box-backend.msg").read_bytes())
    with Browser(exact.port, hello=OURS) as page:
        page.say("status", {"activeTool": question[0]})
        wait_until(lambda: get(exact.port, "/model.brep").status == 200)
        assert "error" not in answers(exact, "/", [question])[0]
        kernel.send_and_settle(other)
        assert answers(exact, "/", [question])[0]["error"] == "there is no exact geometry for this model"
        assert get(exact.port, "/model.brep").status == 409
        assert get(exact.port, "/api/v1/sessions/default/mass?id=/Group").status == 204
        wait_until(lambda: get(exact.port, "/model.brep?step=-1").status == 200)
        kernel.ask((DATA / "measure" / "box-backend.msg").read_bytes())
        assert "error" not in answers(exact, "/", [question])[0]


def test_a_measurement_waits_for_the_geometry_of_what_is_shown(exact):
    """Of so many parts that it is not there yet when the page has the picture; nor are questions about the second
    show answered with the parts of the first."""
    face = ("PropertiesMeasurement", ["/Group/part7/faces/faces_0", False])
    areas = []
    with Browser(exact.port, hello=OURS) as page, ExactKernel(exact.port) as kernel:
        page.say("status", {"activeTool": face[0]})
        for name in ("box", "assembly"):
            shape = recorded_show(DATA, name)[1][0]
            _, answer = kernel.show([shape], parts=[made_leaf(f"/Group/part{n}", 0) for n in range(2000)])
            assert answer["ok"], answer
            page.say("status", {"selectedShapeIDs": face[1]})
            while (got := json.loads(page.next())).get("type") != "backend_response":
                pass
            assert "error" not in got, got
            areas.append(got)
    assert areas[0]["result"] != areas[1]["result"]


def shapes_that_crashed():
    """Geometry that ended OCCT's measuring, found by fuzzing."""
    for path in sorted((DATA / "measure" / "crash").glob("*.json")):
        for text in re.findall(r'"obj": ?"([A-Za-z0-9+/=]+)"', path.read_text(encoding="utf-8")):
            yield base64.b64decode(text)


def test_damaged_shapes_cost_themselves(start, exact):
    """Each is drawn, or named with the reason; the sound one beside it is always drawn."""
    exact.stop()
    daemon = start("--mesh-timeout", 3 * SLOW, variables=exact.helper)
    _, (box,) = recorded_show(DATA, "box")
    damaged = sorted(set(shapes_that_crashed()) - {box})
    damaged += [box[:size] for size in range(1, len(box), len(box) // 12)]
    damaged += [box[:at] + b"\xff\x7f" + box[at + 2:] for at in range(40, len(box) - 2, len(box) // 12)]
    assert len(damaged) > 20
    with ExactKernel(daemon.port) as kernel:
        kernel.begin(plan([*damaged, box]))
        kernel.send([*damaged, box])
        kernel.wanted()
        answer = kernel.answer(120)
        assert answer["ok"], answer
        named = {notice.split(":")[0] for notice in answer["notices"]}
        assert answer["parts"] + len(named) >= len(damaged) + 1
        assert f"/Group/part{len(damaged)}" not in named


@pytest.mark.parametrize("name", ["assembly", "bracket"])
def test_a_show_of_geometry_is_drawn_as_one_of_triangles(exact, name):
    """Without a browser too: image.png, and the small picture of the list of sessions."""
    show(exact, name)
    by_geometry = get(exact.port, "/image.png")
    wait_until(lambda: get(exact.port, "/picture.png").status == 200)
    exact.send((DATA / "messages" / f"{name}-model.msg").read_bytes())
    by_triangles = get(exact.port, "/image.png")
    pictures = [Image.open(io.BytesIO(each.body)).convert("RGB") for each in (by_geometry, by_triangles)]
    assert max(ImageStat.Stat(ImageChops.difference(*pictures)).rms) < 3
    assert min(ImageStat.Stat(pictures[0]).extrema[2]) < 100, "nothing is drawn"
