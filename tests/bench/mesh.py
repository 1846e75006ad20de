# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""tools/bench mesh: the helper's meshes beside the Python client's, of the same bytes.

Both begin with the bytes of exact shapes and end with the arrays of their instances: the client's as numpy
arrays, the helper's as bytes in this process. The helper is asked alone, and as many of them as there are
processors, a shape each at a time, as the daemon does it. Processor time is beside the time by the clock, since
it does not depend on what else the machine does.
"""
import contextlib
import importlib.util
import io
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from subjects import ROOT

sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from measure_helper import COARSE, MESHED, Helper

MAKER = ROOT / "tests" / "data" / "make-mesh-models.py"


def maker():
    """tests/data/make-mesh-models.py as a module."""
    spec = importlib.util.spec_from_file_location("models", MAKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def boxes(count):
    """Boxes with round edges, none like another."""
    from build123d import Box, fillet

    for number in range(count):
        box = Box(4 + number % 24 / 10, 5 + number // 24 / 10, 6)
        yield fillet(box.edges(), 0.5).wrapped


def models(options):
    made = maker()
    yield f"{options.boxes} filleted boxes", [made.serialize(shape) for shape in boxes(options.boxes)]
    side = round(options.holes**0.5)
    yield f"a plate with {side * side} holes", [made.serialize(made.perforated(side, side))]


def by_client(shapes):
    """Milliseconds of the client for all shapes, from bytes to arrays: by the clock, and of processors."""
    from ocp_tessellate.ocp_utils import bounding_box, deserialize
    from ocp_tessellate.tessellator import compute_quality, tessellate

    began, worked = time.monotonic(), time.process_time()
    for number, bytes_ in enumerate(shapes):
        shape = deserialize(bytes_)
        quality = compute_quality(bounding_box(shape), 0.1)
        with contextlib.redirect_stdout(io.StringIO()):
            tessellate(shape, f"{began} {number}", 0.1, quality, 0.2)
    return (time.monotonic() - began) * 1e3, (time.process_time() - worked) * 1e3


def worked_by(helpers):
    """Milliseconds of processor time of all helpers so far."""
    ticks = 0
    for helper in helpers:
        fields = Path(f"/proc/{helper.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1e3 / os.sysconf("SC_CLK_TCK")


def by_helpers(shapes, count, flags=0):
    """The same of `count` helpers, which run before."""
    with contextlib.ExitStack() as stack:
        helpers = [stack.enter_context(Helper()) for _ in range(count)]
        idle = SimpleQueue()
        for helper in helpers:
            helper.mesh(shapes[0], 10.0, 1.0)
            idle.put(helper)

        def ask(shape):
            helper = idle.get()
            kind, answer = helper.mesh(shape, flags=flags)
            idle.put(helper)
            assert kind == MESHED, answer

        began, worked = time.monotonic(), worked_by(helpers)
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(ask, shapes))
        return (time.monotonic() - began) * 1e3, worked_by(helpers) - worked


def bench(options, table):
    count = os.cpu_count()
    for label, shapes in models(options):
        ways = {
            "client": lambda shapes=shapes: by_client(shapes),
            "cadcast": lambda shapes=shapes: by_helpers(shapes, 1),
            f"cadcast*{count}": lambda shapes=shapes: by_helpers(shapes, count),
            "coarse": lambda shapes=shapes: by_helpers(shapes, count, COARSE),
        }
        found = {name: [] for name in ways}
        for number in range(options.rounds):
            for name, way in ways.items():
                if name != "client" or number < options.client_rounds:
                    found[name].append(way())
        reference = "client" if found["client"] else None
        for index, kind in enumerate(("", ", CPU")):
            values = {name: [each[index] for each in pairs] for name, pairs in found.items()}
            table.compare(f"mesh: {label}{kind}", values, "ms", reference)
