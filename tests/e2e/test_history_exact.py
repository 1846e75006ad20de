# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The exact geometry of earlier pictures: it stays as long as they do, and is written as that of what is shown."""
import json
import random
import subprocess

import pytest
from conftest import recorded
from daemon import PROGRAM, environment, wait_until
from importing import IMPORTER
from measure_helper import ROOT
from test_api import BASE
from test_files import put
from test_history import file_of, history
from wire import get

pytestmark = pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange")
FILES = ROOT / "tests" / "data" / "import"


def written(daemon, query="", form="brep"):
    """BREP: the same shapes are the same bytes."""
    return get(daemon.port, f"/model.{form}{query}")


def put_file(daemon, name):
    assert put(daemon.port, f"/model?name={name}", (FILES / name).read_bytes()).status == 200
    wait_until(lambda: written(daemon).status == 200, what="the exact geometry")
    return written(daemon).body


def held(daemon):
    """Bytes of the picture that is shown."""
    return next(each for each in json.loads(get(daemon.port, "/status").body)["sessions"] if each["name"] == "default")["bytes"]


def show_box(daemon):
    """As clients do it: triangles, then the exact geometry."""
    daemon.send(recorded("box-model"))
    wait_until(lambda: file_of(daemon).status == 200, what="the picture")
    before, size = held(daemon), len(recorded("box-backend"))
    daemon.send(recorded("box-backend"))
    wait_until(lambda: held(daemon) >= before + size - 2, what="the exact geometry")
    return written(daemon).body


def test_a_step_is_written_exactly(start):
    daemon = start()
    box = show_box(daemon)
    assembly = put_file(daemon, "assembly.step")
    assert written(daemon, "?step=-1").body == written(daemon, "?step=1").body == box != assembly
    assert get(daemon.port, "/model.step?step=-1").body.startswith(b"ISO-10303-21;")
    # One without exact geometry: none of another picture is taken for it.
    for count, name in enumerate(("assembly-model", "zoo-model"), 2):
        daemon.send(recorded(name))
        wait_until(lambda count=count: len(history(daemon)["steps"]) == count)
    assert [written(daemon, f"?step={step}").status for step in (-1, -2, -3)] == [409, 200, 200]
    assert written(daemon, "?step=-2").body == assembly
    command = subprocess.run([PROGRAM, "export", "--port", str(daemon.port), "-o", "-", "--format", "brep", "default@-3"],
                             capture_output=True, env=environment(daemon.home), timeout=60, check=False)
    assert (command.returncode, command.stdout, command.stderr) == (0, box, b"")


def test_a_show_of_geometry_is_replaced_before_it_is_put_together(start):
    daemon = start()
    names = ("assembly.step", "text.brep")
    for name in names:
        assert put(daemon.port, f"/model?name={name}", (FILES / name).read_bytes()).status == 200
    wait_until(lambda: written(daemon, "?step=-1").status == 200, what="the exact geometry of the step")
    first = written(daemon, "?step=-1").body
    assert put(daemon.port, f"/model?name={names[0]}", (FILES / names[0]).read_bytes()).status == 200
    wait_until(lambda: written(daemon).status == 200 and written(daemon).body == first)


def test_a_restart_keeps_it(start, tmp_path):
    daemon = start("--state-dir", tmp_path)
    box = show_box(daemon)
    put_file(daemon, "assembly.step")
    wait_until(lambda: list(tmp_path.glob("*.step")), what="the step on the disk")
    daemon.stop()
    again = start("--state-dir", tmp_path)
    wait_until(lambda: history(again)["steps"])
    assert written(again, "?step=-1").body == box


def test_steps_are_compared_exactly(start):
    daemon = start()
    show_box(daemon)
    finer = json.loads(recorded("box-model")[2:])
    finer["data"]["shapes"]["version"] = 4  # another model with the same parts
    daemon.send("D:" + json.dumps(finer))
    daemon.send(recorded("box-backend"))

    def report():
        return json.loads(get(daemon.port, f"{BASE}/default/compare?step=-1&with=default").body)

    wait_until(lambda: report().get("to", {}).get("exact"))
    assert report()["from"]["exact"] and report()["same"]


def parts_message(seed):
    """Exact geometry of a hundred parts, 40 KB each, of which `seed` makes one another."""
    def text(key):
        return random.Random(key).randbytes(20_000).hex()

    parts = [{"id": f"/Group/p{i}", "name": f"p{i}", "shape": {"obj": text(f"{i} {seed}" if i == 7 else i)}} for i in range(100)]
    return "B:" + json.dumps({"model": {"id": "/Group", "name": "Group", "parts": parts}})


def test_what_steps_have_in_common_is_held_once(start):
    daemon = start()
    whole = len(parts_message(0))
    for seed in range(4):
        model = json.loads(recorded("box-model")[2:])
        model["data"]["shapes"]["name"] = f"n{seed}"
        daemon.send("D:" + json.dumps(model))
        wait_until(lambda seed=seed: f'"n{seed}"'.encode() in file_of(daemon).body)
        daemon.send(parts_message(seed))
        wait_until(lambda: held(daemon) > whole)
    wait_until(lambda: 3 * 40_000 <= daemon.metric("history_bytes") < whole / 2, what="shared geometry")
