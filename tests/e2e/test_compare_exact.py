# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Pairs with known answers whose exact geometry decides: the second of each is meshed finer, so that no array is
equal. And files beside sessions, which are compared as STEP: docs/comparing.md."""
import json
from functools import cache

import pytest
from conftest import recorded
from daemon import wait_until
from exact import ExactKernel, leaf, plan
from importing import IMPORTER, SANITIZED, run_import
from measure_helper import ROOT
from test_api import BASE, ask
from test_compare import counts, diff
from test_files import put
from wire import get

pytestmark = pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange")
FILES = ROOT / "tests" / "data" / "import"
RED, BLUE = "#ff0000", "#0000ff"


@cache
def shapes():
    """Four shapes, each another one: those of a file, and one of another file."""
    found = run_import((FILES / "assembly.step").read_bytes(), name="a.step").shapes
    found += run_import((FILES / "text.brep").read_bytes(), name="a.brep").shapes
    found += run_import((FILES / "rounded-corner.step").read_bytes(), name="a.step").shapes
    found = sorted(dict.fromkeys(found), key=lambda data: b"Curves 0" in data)
    return found[:4]


def part(name, shape=0, at=None, color=BLUE, **more):
    """`at`: millimetres along x, or a place."""
    place = [[at, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]] if isinstance(at, (int, float)) else at
    return leaf(f"/Group/{name}", shape, place, color=color, **more)


def group(name, *parts, at=None):
    place = None if at is None else [[at, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    parts = [{**each, "id": f"/Group/{name}/{each['name']}"} for each in parts]
    return {"id": f"/Group/{name}", "name": name, "loc": place, "version": 3, "parts": parts}


TURNED = [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
A, B, C = part("a"), part("b", 1), part("c", 2)
ALL = [A, B, C, part("d", 1), part("e", 3, 20), part("f", 1, 30)]
PAIRS = {
    "the same": ([A, B], [A, B], {"same": 2}),
    "another order": ([A, B], [B, A], {"same": 2}),
    "one shape twice": ([A, part("b")], [A, part("b")], {"same": 2}),
    "changed": ([A, B], [part("a", 2), B], {"changed": 1, "same": 1}),
    "changed and moved": ([A], [part("a", 1, 5)], {"changed": 1}),
    "changed and recoloured": ([A], [part("a", 1, color=RED)], {"changed": 1}),
    "two changed places": ([A, B], [part("a", 1), part("b", 0)], {"changed": 2}),
    "moved": ([A, B], [part("a", at=5), B], {"moved": 1, "same": 1}),
    "moved by little": ([part("a", at=5)], [part("a", at=5 + 1e-6)], {"moved": 1}),
    "moved by nothing": ([part("a", at=5)], [part("a", at=5 + 1e-12)], {"same": 1}),
    "turned": ([A], [part("a", at=TURNED)], {"moved": 1}),
    "turned by the same the other way": ([part("a", at=TURNED)], [part("a", at=[[0.0] * 3, [0.0, 0.0, -1.0, 0.0]])], {"same": 1}),
    "moved and recoloured": ([A], [part("a", at=5, color=RED)], {"moved": 1}),
    "the group is moved": ([group("g", A, B)], [group("g", A, B, at=5)], {"moved": 2}),
    "the group instead of the part": ([group("g", part("a", at=5))], [group("g", A, at=5)], {"same": 1}),
    "recoloured": ([A, B], [part("a", color=RED), B], {"recoloured": 1, "same": 1}),
    "opacity": ([A], [part("a", alpha=0.5)], {"recoloured": 1}),
    "hidden": ([A], [part("a", state=[0, 0])], {"recoloured": 1}),
    "renamed": ([A, B], [part("z"), B], {"renamed": 1, "same": 1}),
    "renamed and moved": ([A, B], [part("z", at=7), B], {"renamed": 1, "same": 1}),
    "renamed and recoloured": ([A], [part("z", color=RED)], {"renamed": 1}),
    "into a group": ([A, B], [group("g", A), B], {"renamed": 1, "same": 1}),
    "two of one shape are renamed": ([part("x", at=1), part("y", at=9)], [part("v", at=9), part("w", at=1)], {"renamed": 2}),
    "added": ([A], [A, B], {"added": 1, "same": 1}),
    "one more of one shape": ([A], [A, part("b", at=9)], {"added": 1, "same": 1}),
    "removed": ([A, B], [A], {"removed": 1, "same": 1}),
    "one less of one shape": ([A, part("b", at=9)], [A], {"removed": 1, "same": 1}),
    "added and removed": ([A], [B], {"added": 1, "removed": 1}),
    "none the same": ([A, B], [part("y", 2), part("z", 3)], {"added": 2, "removed": 2}),
    "all at once": (ALL, [part("a", at=1), part("b", 1, color=RED), part("c", 0), part("d", 1), part("new", 3, 20), part("g", 2)],
                    {"changed": 1, "moved": 1, "recoloured": 1, "renamed": 1, "added": 1, "removed": 1, "same": 1}),
}


def show(daemon, session, parts, deviation):
    """Shows parts in a session: their shapes are sent, and meshed with that tolerance."""
    def refer(node, used):
        if "parts" in node:
            return {**node, "parts": [refer(each, used) for each in node["parts"]]}
        return {**node, "shape": {"ref": used.setdefault(node["shape"]["ref"], len(used))}}

    used = {}
    parts = [refer(each, used) for each in parts]
    sent = [shapes()[number] for number in used]
    with ExactKernel(daemon.port, f"/s/{session}") as kernel:
        kernel.begin(plan(sent, parts, mesh={"deviation": deviation, "angular_tolerance": 0.2}, count=len(parts)))
        kernel.send(sent[number] for number in kernel.wanted())
        answer = kernel.answer()
        assert answer["ok"] and not answer["notices"], answer


def report(daemon, session="from", other="to"):
    response = ask(daemon, "GET", f"{BASE}/{session}/compare?with={other}")
    return response.json if response.status == 200 else {}


@pytest.mark.shared
@pytest.mark.parametrize("name", PAIRS)
def test_pairs_of_known_answers(daemon, name):
    before, after, expected = PAIRS[name]
    show(daemon, "from", before, 0.1)
    show(daemon, "to", after, 0.03)
    found = wait_until(lambda: (said := report(daemon)) and said["from"]["exact"] and said["to"]["exact"] and said,
                       what="the exact geometry of both")
    assert counts(found) == expected
    assert found["same"] == (set(expected) == {"same"}) and "note" not in found
    assert all(row["by"] == "exact" for row in found["parts"] if "shape" in row["differs"])
    picture = get(daemon.port, f"{BASE}/from/compare.msg?with=to")
    assert picture.status == 200 and picture.body[:8] == b"CADCAST1"


def test_geometry_of_another_picture_does_not_decide(start):
    """It comes after the model; until then there is none."""
    daemon = start()
    daemon.send(recorded("box-model"))
    daemon.send(recorded("box-backend"))
    daemon.send(recorded("box-model"), "to")
    daemon.send(recorded("box-backend"), "to")
    wait_until(lambda: (said := report(daemon, "default")) and said["from"]["exact"] and said["to"]["exact"])
    message = json.loads(recorded("box-model")[2:])
    message["data"]["instances"][0]["vertices"]["buffer"] = message["data"]["instances"][0]["normals"]["buffer"]
    daemon.send("D:" + json.dumps(message), "to")
    found = wait_until(lambda: (said := report(daemon, "default")) and not said["to"]["exact"] and said)
    assert counts(found) == {"changed": 1} and get(daemon.port, "/s/to/model.step").status in (409, 501)


def test_five_thousand_parts(start):
    daemon = start()
    count = 500 if SANITIZED else 5000
    many = [part(f"p{i}", i % 3, 100.0 * i, color=f"#{i:06x}") for i in range(count)]
    after = [*many, part("new", 3)]
    after[1] = part("p1", 2, 100.0, color="#000001")
    after[2] = part("p2", 2, 201.0, color="#000002")
    after[3] = part("p3", 0, 300.0, color=RED)
    after[4] = part("other", 1, 400.0, color="#000004")
    del after[5]
    show(daemon, "from", many, 0.1)
    show(daemon, "to", after, 0.03)
    found = wait_until(lambda: (said := report(daemon)) and said["from"]["exact"] and said["to"]["exact"] and said)
    assert counts(found) == {"changed": 1, "moved": 1, "recoloured": 1, "renamed": 1, "added": 1, "removed": 1, "same": count - 5}


# ---- files and sessions ----

def written(daemon, path, session="default"):
    """What a session shows, in a file."""
    step = wait_until(lambda: (got := get(daemon.port, f"/s/{session}/model.step")).status == 200 and got, what="a file of it")
    path.write_bytes(step.body)
    return path


def test_what_was_written_is_what_is_shown(start, tmp_path, monkeypatch):
    daemon = start()
    port = ["--port", str(daemon.port)]
    show(daemon, "default", ALL, 0.05)
    before = written(daemon, tmp_path / "before.step")
    assert diff(tmp_path, *port, before, "default") == (0, "6 same\n", "")
    assert diff(tmp_path, *port, "default", before) == (0, "6 same\n", "")
    show(daemon, "default", [part("a", 2), part("b", 1, 5), *ALL[2:]], 0.1)
    status, text, errors = diff(tmp_path, *port, "--json", before, "default")
    said = json.loads(text)
    assert (status, errors, counts(said)) == (1, "", {"changed": 1, "moved": 1, "same": 4})
    assert [row["id"] for row in said["parts"]] == ["/Group/a", "/Group/b"]
    assert said["parts"][0]["by"] == "exact" and "note" not in said
    # A step of the history, too; and nothing is left of what was written for it.
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    assert diff(tmp_path, *port, before, "default@-1")[0] == 0
    assert not list(folder.iterdir())


@pytest.mark.parametrize("name", ["assembly.step", "rounded-corner.step", "parts.iges", "text.brep"])
def test_a_file_is_what_it_is_shown_as(start, tmp_path, name):
    """Of other programs, whose STEP has other numbers than ours."""
    daemon = start()
    port = ["--port", str(daemon.port)]
    assert put(daemon.port, f"/model?name={name}&deviation=0.03", (FILES / name).read_bytes(), timeout=60).status == 200
    wait_until(lambda: get(daemon.port, "/model.step").status == 200)
    status, text, _ = diff(tmp_path, *port, FILES / name, "default")
    assert status == 0 and text.endswith(" same\n"), text
