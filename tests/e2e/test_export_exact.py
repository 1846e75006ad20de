# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What is shown, as STEP and BREP: read again by build123d and by our importer it is the same tree, with the same
names, colours, placements and volumes."""
import json
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import recorded
from daemon import PROGRAM, environment, wait_until
from importing import IMPORTER, SANITIZED, import_file
from kernels import Script
from peers import Browser
from test_files import put
from wire import Wire, get

pytestmark = [
    pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange"),
    pytest.mark.clients,
    pytest.mark.bare("build123d itself is not what is looked at"),
]
pytest.importorskip("build123d")

from build123d import import_brep  # noqa: E402
from import_models import FILES  # noqa: E402
from import_oracle import differences, expected, numbers_of, read_by_build123d, shape_of  # noqa: E402

OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})
# Names in several scripts, with quotes and slashes, none, twice; groups in groups, instances of parts and of groups;
# colours of instances; what mirrors; curves, points, faces, and all that one kind of part can be.
MODELS = [
    "nested.step", "deep.step", "copies of groups.step", "scripts.step", "quotes.step", "same names.step",
    "names of nothing.step", "names of instances.step", "color of an instance.step", "clear.step", "surfaces.step",
    "mirrored.step", "mixture.step", "edges.step", "vertex.step", "wire.step", "sheet.step", "moved.step", "box.step", "group.igs",
    "text.brep",
]
STILL = [[0, 0, 0], [0, 0, 0, 1]]


def placed(node):
    """A tree in which what stays where it is has a place too."""
    return {**node, "loc": node.get("loc") or STILL, **({"parts": [placed(part) for part in node["parts"]]} if "parts" in node else {})}


def leaves(node):
    return [leaf for part in node["parts"] for leaf in leaves(part)] if "parts" in node else [node]


def measures(tree, shapes):
    """Area, volume and length of each part."""
    return [numbers_of(shapes[leaf["shape"]["ref"]])[1] for leaf in leaves(tree)]


def same(one, other):
    for a, b in zip(one, other, strict=True):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-9)


def exact(port, session="default", query="", form="step"):
    """The file; what is put together when it is asked for is waited for."""
    response = get(port, f"/s/{session}/model.{form}{query}")
    assert response.status == 200, response.body
    return response


def exact_of_client(port):
    """The same of a client that sends the exact geometry after the triangles."""
    wait_until(lambda: get(port, "/model.step").status != 409, what="the exact geometry")
    return exact(port)


def send_old(daemon):
    """A picture with its exact geometry, as older clients send it: on two connections."""
    def size():
        return sum(each["bytes"] for each in json.loads(get(daemon.port, "/status").body)["sessions"] if each["model"])

    daemon.send(recorded("box-model"))
    wait_until(lambda: get(daemon.port, "/model.stl").status == 200, what="the picture")
    before = size()
    daemon.send(recorded("box-backend"))
    wait_until(lambda: size() >= before + len(recorded("box-backend")) - 2, what="the exact geometry")


def ours(path):
    """The tree that our importer makes of a file, its shapes, and these as bytes."""
    got = import_file(path)
    assert got.error is None, got.error
    return got.plan["tree"], [shape_of(each) for each in got.shapes], got.shapes


def show(daemon, path, session="default"):
    answer = put(daemon.port, f"/s/{session}/model?name={quote(path.name)}", path.read_bytes(), timeout=60)
    assert answer.status == 200, answer.body


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")

    def make(name):
        if not (folder / name).exists():
            FILES[name](folder / name)
        return folder / name

    return make


@pytest.mark.shared
@pytest.mark.parametrize("name", MODELS)
def test_what_is_written_is_what_was_shown(daemon, made, tmp_path, name):
    session = f"m{MODELS.index(name)}"
    show(daemon, made(name), session)
    tree, shapes, raw = ours(made(name))
    step, brep = tmp_path / "again.step", tmp_path / "again.brep"
    step.write_bytes(exact(daemon.port, session).body)
    by_build123d, bodies = expected(step)
    assert differences(placed(by_build123d), placed(tree), bodies, raw) == []
    same(measures(tree, shapes), measures(by_build123d, bodies))
    again, bodies, raw = ours(step)
    assert differences(placed(tree), placed(again), shapes, raw) == []
    same(measures(tree, shapes), measures(again, bodies))
    brep.write_bytes(exact(daemon.port, session, form="brep").body)
    same([numbers_of(read_by_build123d(step).wrapped)[1]], [numbers_of(import_brep(brep).wrapped)[1]])


def products(step):
    return sorted(re.findall(rb"PRODUCT\('([^']*)'", step))


@pytest.mark.shared
def test_copies_are_one_product(daemon, made):
    show(daemon, made("shared groups.step"))
    step = exact(daemon.port).body
    assert products(step) == [b"block", b"inner", b"outer", b"rod"]
    assert step.count(b"NEXT_ASSEMBLY_USAGE_OCCURRENCE(") == 5 and b"AUTOMOTIVE_DESIGN" in step
    assert b"SI_UNIT(.MILLI.,.METRE.)" in step
    show(daemon, made("color of an instance.step"))
    assert products(exact(daemon.port).body) == [b"block", b"top"]


@pytest.mark.shared
def test_parts_of_it(daemon, made, tmp_path):
    show(daemon, made("assembly.step"))
    tree, _, _ = ours(made("assembly.step"))
    ids = [leaf["id"] for leaf in leaves(tree)]
    path = tmp_path / "some.step"
    path.write_bytes(exact(daemon.port, query=f"?parts={ids[0]}").body)
    assert [leaf["id"] for leaf in leaves(ours(path)[0])] == ids[:1]
    path.write_bytes(exact(daemon.port, query=f"?hide={ids[0]}").body)
    assert [leaf["id"] for leaf in leaves(ours(path)[0])] == ids[1:]
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        page.say("status", {"states": {ids[0]: [0, 1]}, "position": [9, 9, 9]})
        page.settle()
        path.write_bytes(exact(daemon.port, query="?visible=1").body)
    assert [leaf["id"] for leaf in leaves(ours(path)[0])] == ids[1:]
    for bad, status, why in (("parts=/nothing", 404, "there is no part /nothing"), ("parts=", 400, "must be the id"),
                             (f"parts={ids[0]}&hide={ids[0]}", 404, "nothing of it")):
        response = get(daemon.port, f"/model.step?{bad}")
        assert response.status == status and why in json.loads(response.body)["detail"]


@pytest.mark.shared
def test_what_is_of_triangles_is_refused_in_words(daemon):
    daemon.send(recorded("assembly-model"), "triangles")
    for form in ("step", "brep"):
        response = get(daemon.port, f"/s/triangles/model.{form}")
        assert (response.status, response.headers["content-type"]) == (409, "application/problem+json")
        assert "no exact geometry, only triangles" in json.loads(response.body)["detail"]
        assert get(daemon.port, f"/s/nobody/model.{form}").status == 404


@pytest.mark.shared
def test_the_command(daemon, made, tmp_path):
    show(daemon, made("nested.step"), "one")
    want = exact(daemon.port, "one").body
    words = [PROGRAM, "export", "--port", str(daemon.port), "--session", "one", "-o"]
    for name in ("x.step", "y.STP"):
        subprocess.run([*words, tmp_path / name], check=True, env=environment(daemon.home))
        # The kernel writes the entities in an order of its own.
        assert products((tmp_path / name).read_bytes()) == products(want)
    out = subprocess.run([*words, "-", "--format", "brep"], check=True, env=environment(daemon.home), capture_output=True)
    assert out.stdout == exact(daemon.port, "one", form="brep").body


# ---- what the clients send ----

ASSEMBLY = """
import cadquery as cq
body = cq.Workplane().box(1, 2, 3).edges("|Z").fillet(0.2)
inner = cq.Assembly(name="inner").add(body, name="eins", color=cq.Color("red"))
inner.add(body, name="zwei", loc=cq.Location((4, 0, 0), (0, 0, 1), 30))
outer = cq.Assembly(name="außen").add(inner, name="a").add(inner, name="b", loc=cq.Location((0, 9, 0), (1, 0, 0), 45))
from ocp_viewer import show
show(outer, names=["außen"])
result["volume"] = 4 * body.val().Volume()
"""


def test_an_assembly_of_cadquery(start, tmp_path):
    daemon = start()
    with Browser(daemon.port) as browser:
        result, _, output = Script("cadquery", ASSEMBLY, daemon.home).finish()
        while (message := json.loads(browser.next(60))).get("type") != "data":
            pass
    step = tmp_path / "assembly.step"
    step.write_bytes(exact_of_client(daemon.port).body)
    tree = message["data"]["shapes"]
    for again, bodies in (expected(step), ours(step)[:2]):
        def told(node):
            return [(leaf["id"], leaf["color"], leaf["alpha"]) for leaf in leaves(node)]

        assert told(again) == told(tree), output
        assert sum(each[1] for each in measures(again, bodies)) == pytest.approx(result["volume"], rel=1e-9)
    # A client's assembly has a group for each part; both groups share them.
    assert sorted(name.decode() for name in products(step.read_bytes())) == ["a", "außen", "b", *["eins"] * 2, *["zwei"] * 2]


# ---- the process ----

# In place of cadcast-import: notes its number; when it has read what it is to write, it does something else.
ODD = """#!/bin/sh
echo $$ > "{notes}"
cat > /dev/null
{does}
"""


@pytest.fixture
def odd(start, tmp_path):
    """A daemon that shows a picture with exact geometry, whose program does something odd instead of writing."""
    program, notes = tmp_path / "odd", tmp_path / "notes"

    def run(does, *options):
        program.write_text(ODD.format(notes=notes, does=does))
        program.chmod(0o755)
        daemon = start(*options, variables={"CADCAST_IMPORT": program})
        send_old(daemon)
        return daemon, notes

    return run


def number_in(notes):
    wait_until(lambda: notes.exists() and notes.read_text().endswith("\n"), what="the process")
    return int(notes.read_text())


def gone(number):
    return not Path(f"/proc/{number}").exists()


def test_a_client_that_leaves_ends_its_export(odd):
    daemon, notes = odd("exec sleep 1000")
    with Wire(daemon.port) as wire:
        wire.request("GET", "/model.step")
        number = number_in(notes)
        assert not gone(number)
    wait_until(lambda: gone(number), what="the end of the process")
    assert get(daemon.port, "/model.stl").status == 200


def test_the_end_of_the_server_ends_an_export(odd):
    daemon, notes = odd("exec sleep 1000", "--goodbye-timeout", "0.1s")
    with Wire(daemon.port) as wire:
        wire.request("GET", "/model.step")
        number = number_in(notes)
        daemon.stop()
    wait_until(lambda: gone(number), what="the end of the process")


@pytest.mark.parametrize("does, status, why", [
    ("kill -SEGV $$", 422, "ended by signal 11"),
    ("true", 422, "ended without a word"),
    ("head -c 100 /dev/zero", 422, "wrote what cannot be understood"),
    ("printf '\\044\\0\\0\\0%012d\\004\\0\\0\\0\\0\\0\\0\\0oops' 0 | tr 0 '\\000'", 422, "oops"),
])
def test_a_process_that_fails_is_told_in_words(odd, does, status, why):
    daemon, _ = odd(does)
    response = get(daemon.port, "/model.step")
    assert response.status == status and why in json.loads(response.body)["detail"], response.body
    assert get(daemon.port, "/model.stl").status == 200


def test_without_the_program_it_says_so(start, tmp_path):
    daemon = start(variables={"CADCAST_IMPORT": tmp_path / "none"})
    send_old(daemon)
    response = get(daemon.port, "/model.step")
    assert response.status == 501 and "cadcast-import" in json.loads(response.body)["detail"]


def test_what_a_client_of_old_sends_is_exact_too(daemon, tmp_path):
    send_old(daemon)
    path = tmp_path / "box.step"
    path.write_bytes(exact_of_client(daemon.port).body)
    assert [leaf["id"] for leaf in leaves(ours(path)[0])] == \
        [leaf["id"] for leaf in leaves(json.loads(recorded("box-model")[2:])["data"]["shapes"])]


@pytest.mark.skipif(SANITIZED, reason="a sanitizer reserves more than any limit")
def test_its_memory_is_limited(start, made):
    daemon = start("--import-memory", "16M")
    send_old(daemon)
    assert get(daemon.port, "/model.step").status in (422, 503)
    assert get(daemon.port, "/model.stl").status == 200
