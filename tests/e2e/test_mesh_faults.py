# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What meshing does with hostile bytes: a mesh, a reason, or the end of the helper's process; nothing else."""

import base64
import json
import random
import select

import pytest
from measure_helper import COARSE, DATA, EDGES_ONLY, FAIL, MESH, MESH_HEAD, MESHED, Helper
from mesh_helper import CASES, cases_of, instance_of, meshed, shape_of
from mesh_summary import summary
from slow import PATIENCE, SLOW

SPECIAL = {case["id"].rpartition("/")[2]: shape_of(case) for case in cases_of(CASES / "special.json")}
CRASHES = sorted((DATA / "crash").glob("*.json"))
FLAGS = (0, COARSE, EDGES_ONLY)


class Replaced:
    """A helper that is started again when it ended, as the daemon does it, and killed if it takes long."""

    limits = ("--memory", str(1 << 30))

    def __init__(self):
        self.helper = Helper(*self.limits)
        self.ends = 0

    def replace(self):
        self.helper.__exit__()
        self.helper = Helper(*self.limits)
        self.ends += 1

    def mesh(self, shape, flags, seconds=3):
        """The answer's kind; None if there was none in time."""
        helper = self.helper
        try:
            helper.send(MESH, MESH_HEAD.pack(0.1, 0.2, flags, 0) + shape)
            if not select.select([helper.process.stdout], [], [], seconds * SLOW)[0]:
                raise EOFError("it takes too long")
            kind, _, answer = helper.receive()
        except (EOFError, BrokenPipeError):
            self.replace()
            return None
        if kind == FAIL:
            assert json.loads(answer)["error"]
        else:
            assert kind == MESHED
            summary(instance_of(answer)[0])
        return kind


@pytest.fixture(scope="module")
def replaced():
    running = Replaced()
    yield running
    running.helper.__exit__()


def shapes_in(node):
    for part in node.get("parts", ()):
        yield from shapes_in(part)
    if isinstance(node.get("shape"), dict) and "obj" in node["shape"]:
        yield base64.b64decode(node["shape"]["obj"])


@pytest.mark.parametrize("path", CRASHES, ids=lambda path: path.stem)
def test_shapes_that_crashed_the_kernel_cost_one_process_at_most(replaced, path):
    shapes = list(shapes_in(json.loads(path.read_text())["model"]))
    assert shapes
    for shape in shapes:
        for flags in FLAGS:
            replaced.mesh(shape, flags)
    assert replaced.mesh(SPECIAL["box"], 0, 2 * PATIENCE) == MESHED


def changed(shape, dice):
    """Bytes at some places replaced: any value, a bit, or a number that is very large."""
    made = bytearray(shape)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(made))
        made[at:at + 1] = dice.choice([bytes([dice.randrange(256)]), bytes([made[at] ^ 1 << dice.randrange(8)]), b"\xff"])
    return bytes(made)


@pytest.mark.timeout(170 * SLOW)
@pytest.mark.parametrize("name", ["box", "cone", "torus_part", "disc", "triangles", "Edge", "points"])
def test_changed_bytes_give_a_mesh_a_reason_or_the_end_of_one_process(replaced, name):
    dice, kinds = random.Random(name), set()
    for number in range(25):
        kinds.add(replaced.mesh(changed(SPECIAL[name], dice), FLAGS[number % 3]))
    assert kinds <= {MESHED, FAIL, None} and replaced.mesh(SPECIAL["box"], 0, 2 * PATIENCE) == MESHED


def test_triangles_without_corners_are_left_out(replaced):
    """A mesh of a file, with a triangle whose corner is not there."""
    good = SPECIAL["triangles"]
    at = good.index(b"Triangulations")
    kinds = {replaced.mesh(good[:k] + b"\x7f" + good[k + 1:], 0) for k in range(len(good) - 1500, len(good) - 1000, 9) if k > at}
    assert kinds <= {MESHED, FAIL, None}
    assert meshed(replaced.helper, good)[1]["info"]["notices"] == []


@pytest.mark.bare("valgrind needs more addresses than the limit allows")
def test_a_mesh_that_needs_too_much_memory_has_a_reason():
    with Helper("--memory", str(400 << 20)) as helper:
        try:
            kind, answer = helper.mesh(SPECIAL["torus"], 1e-5, 0.001)
            assert kind == FAIL and "memory" in answer["error"]
        except EOFError:
            return
        assert helper.mesh(SPECIAL["box"])[0] == MESHED
