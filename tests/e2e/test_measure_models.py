# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The helper side by side with the Python backend, on models made for it."""

import pytest
from made_models import model_maker
from measure_helper import ANSWER, FAIL, READY, ROOT, Helper, cases_of, compare, corrected, deviation, payload_of

SCRIPT = ROOT / "tests" / "data" / "make-measure-models.py"
SYNTHETIC = ["curves", "surfaces", "solids", "mixtures"]
# Which virtual environment can make which models; the two have different releases of the kernel.
MODELS = [("clients", name) for name in [*SYNTHETIC, "build123d"]] + [("cadquery", name) for name in [*SYNTHETIC, "cadquery"]]
# The kernel's models and answers take a minute, and several on a busy machine.
pytestmark = pytest.mark.timeout(600)

FEWEST = {"curves": 250, "surfaces": 250, "solids": 300, "mixtures": 400, "build123d": 600, "cadquery": 400}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes an environment's models once and says where they are."""
    return model_maker(tmp_path_factory, SCRIPT, timeout=500)


def split_box(response):
    """The response without its bounding box, and the box."""
    sections = [dict(section) for section in response["result"]]
    boxes = [section.pop("bb") for section in sections if "bb" in section]
    return {**response, "result": sections}, boxes[0] if boxes else None


def encloses_closely(box, samples):
    """Whether a box holds all sampled points and is hardly larger than they need. The points are
    those of a mesh with a deviation of 0.02."""
    low, high = samples
    size = max(b - a for a, b in zip(low, high)) + 1
    return all(
        box["min"][i] <= low[i] + 1e-6 * size
        and box["max"][i] >= high[i] - 1e-6 * size
        and low[i] - box["min"][i] <= 0.03
        and box["max"][i] - high[i] <= 0.03
        for i in range(3)
    )


def check(answer, case):
    got, got_box = split_box(answer)
    want, want_box = split_box(corrected(case))
    worst, where = compare(got, want)
    assert worst <= 1e-6, where
    if want_box is not None and deviation(got_box, want_box)[0] > 1e-6:
        # Releases of the kernel disagree on some exact boxes; then the points decide.
        assert case.get("sampled"), (got_box, want_box)
        assert encloses_closely(got_box, case["sampled"]), (got_box, want_box, case["sampled"])


@pytest.mark.parametrize("environment,name", MODELS)
def test_answers_as_the_python_backend(made, environment, name):
    folder = made(environment)
    cases = cases_of(folder / f"{name}.jsonl")
    assert len(cases) >= FEWEST[name]
    with Helper() as helper:
        kind, report = helper.load(payload_of(folder / f"{name}-backend.msg"))
        assert kind == READY and report["unreadable"] == []
        for case in cases:
            kind, answer = helper.ask(case["tool"], case["ids"])
            if "error" in case:
                # A reason, or a value where this release of the kernel has one.
                assert kind == ANSWER or (kind == FAIL and answer["error"]), case["ids"]
            else:
                assert kind == ANSWER, (case["ids"], answer)
                check(answer, case)


@pytest.mark.parametrize("environment", ["clients", "cadquery"])
def test_every_kind_of_geometry_was_asked_about(made, environment):
    folder = made(environment)
    names = [name for where, name in MODELS if where == environment]
    asked = [case for name in names for case in cases_of(folder / f"{name}.jsonl") if "response" in case]
    kinds = {case["response"].get("shape_type") for case in asked} | {case["response"].get("geom_type") for case in asked}
    shapes = {"Vertex", "Edge", "Wire", "Face", "Shell", "Solid", "CompSolid", "Compound"}
    curves = {"Line", "Circle", "Ellipse", "Hyperbola", "Parabola", "BezierCurve", "BSplineCurve", "OffsetCurve"}
    faces = {"Plane", "Cylinder", "Cone", "Sphere", "Torus", "BezierSurface", "BSplineSurface"}
    faces |= {"SurfaceOfExtrusion", "OffsetSurface", "Revolution"}
    assert not (shapes | curves | faces) - kinds
