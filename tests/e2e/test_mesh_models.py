# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The helper's meshes beside the Python client's, on shapes made for it: of every geometry type, and drawn by
lot from what build123d and CadQuery make. $CADCAST_MESH_MODELS is how many of each are drawn, and
$CADCAST_MESH_SEED which ones."""

import os

import pytest
from made_models import model_maker
from measure_helper import ROOT, Helper
from mesh_helper import cases_of, problems
from slow import SLOW

SCRIPT = ROOT / "tests" / "data" / "make-mesh-models.py"
COUNT = int(os.environ.get("CADCAST_MESH_MODELS", "12"))
SEED = os.environ.get("CADCAST_MESH_SEED", "1")
GROUPS = ["special", "curves", "surfaces", "solids", "mixtures"]
# The two have different releases of the kernel.
MODELS = [(environment, name) for environment, own in (("clients", "build123d"), ("cadquery", "cadquery")) for name in [*GROUPS, own]]
# Of shapes drawn by lot one in a hundred may differ: releases of the kernel do not agree about all of them.
ODD = 0.01


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes an environment's models once and says where they are."""
    options = ["--random", str(COUNT), "--seed", SEED]
    return model_maker(tmp_path_factory, SCRIPT, *options, timeout=(150 + 5 * COUNT) * SLOW)


@pytest.mark.bare("hundreds of meshes take too long there")
@pytest.mark.timeout((300 + 10 * COUNT) * SLOW)
@pytest.mark.parametrize("environment, name", MODELS)
def test_shapes_are_meshed_as_the_client_does(made, environment, name):
    cases = cases_of(made(environment) / f"{name}.json")
    assert len(cases) >= 4
    with Helper() as helper:
        found = {case["id"]: lines for case in cases if (lines := problems(helper, case))}
    allowed = ODD * len(cases) if name in ("build123d", "cadquery") else 0
    assert len(found) <= allowed, "\n".join(line for lines in found.values() for line in lines)
