# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""`import cadcast.fast`: the real clients' shows send shapes, and look as they did."""
import base64
import json

import numpy as np
import pytest
from daemon import CACHE, wait_until
from kernels import Script
from measure_helper import ROOT
from mesh_summary import differences, summary
from peers import Browser
from wire import get

pytestmark = pytest.mark.clients

PYTHONPATH = str(ROOT / "python")

BUILD123D = """
from build123d import Box, Cylinder, Compound, Edge, Pos, Rectangle, Rot, Text, Vertex, Wire, fillet
body = fillet(Box(1, 2, 3).edges(), 0.1) - Cylinder(0.3, 9)
objects = {
    "body": body, "moved": Pos(5, 0, 0) * Rot(30, 20, 10) * body, "rod": Cylinder(1, 4), "word": Text("Ag", 5),
    "sheet": Rectangle(2, 3), "line": Edge.make_line((0, 0, 0), (1, 1, 1)), "arc": Wire.make_circle(3),
    "point": Vertex(1, 2, 3), "tree": Compound(label="tree", children=[Pos(0, 9, 0) * Box(1, 1, 1), Cylinder(1, 2)]),
}
"""
CADQUERY = """
import cadquery as cq
body = cq.Workplane().box(1, 2, 3).edges("|Z").fillet(0.2)
together = cq.Assembly(name="together").add(body, name="one").add(body, name="two", loc=cq.Location((4, 0, 0)))
objects = {"body": body, "rod": cq.Workplane().circle(1).extrude(4), "together": together,
           "line": cq.Edge.makeLine((0, 0, 0), (1, 1, 1)), "point": cq.Vertex.makeVertex(1, 2, 3)}
"""
SHOWS = """
{objects}
from {client} import *
shown = dict(names=list(objects), progress="")
show(*objects.values(), **shown)
import cadcast.fast
import pathlib
for number in range(2):
    wait(pathlib.Path(f"seen-{{number}}").exists)
    show(*objects.values(), **shown)
    result.setdefault("answers", []).append(cadcast.fast.last())
"""
CLIENTS = {
    "build123d, ocp_viewer": ("clients", "ocp_viewer", BUILD123D),
    "build123d, ocp_vscode": ("clients", "ocp_vscode", BUILD123D),
    "CadQuery, ocp_viewer": ("cadquery", "ocp_viewer", CADQUERY),
}
# An older OCCT, if its packages have been made: tools/requirements-occt78.txt.
if (CACHE / "occt78").is_dir():
    CLIENTS["OCCT 7.8, ocp_viewer"] = ("occt78", "ocp_viewer", BUILD123D)


def run(packages, code, home, **more):
    return Script(packages, code, home, PYTHONPATH=PYTHONPATH, **more).finish()


def arrays(of):
    return {
        name: np.frombuffer(base64.b64decode(value["buffer"]), dtype=value["dtype"])
        for name, value in of.items()
        if isinstance(value, dict) and "buffer" in value
    }


def leaves(node):
    return [leaf for part in node["parts"] for leaf in leaves(part)] if "parts" in node else [node]


def without(node, *names):
    return {key: value for key, value in node.items() if key not in names}


def tree(node):
    """All that the tree says, but not about meshes."""
    if "parts" not in node:
        return without(node, "shape", "bb")
    return {**without(node, "bb", "parts"), "parts": [tree(part) for part in node["parts"]]}


def mesh_of(model, leaf):
    return model["instances"][leaf["shape"]["ref"]] if "ref" in leaf["shape"] else leaf["shape"]


def near(got, want):
    return [key for key in want if abs(got[key] - want[key]) > 1e-3 * max(1.0, abs(want[key]))]


def next_model(browser):
    while (got := json.loads(browser.next(60))).get("type") != "data":
        pass
    return got


def test_the_import_makes_the_server_ready(start):
    """Its helper starts before there is anything to show."""
    daemon = start("--no-state")
    assert daemon.metric("mesh_helper_starts_total") == 0
    code = "import cadcast.fast, pathlib\nwait(pathlib.Path('seen').exists)"
    script = Script("clients", code, daemon.home, PYTHONPATH=PYTHONPATH)
    wait_until(lambda: daemon.metric("mesh_helper_starts_total") == 1)
    (daemon.home / "seen").touch()
    script.finish()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_fast_show_is_the_same_show(start, client):
    packages, module, objects = CLIENTS[client]
    daemon = start("--no-state")
    with Browser(daemon.port) as browser:
        script = Script(packages, SHOWS.format(objects=objects, client=module), daemon.home, PYTHONPATH=PYTHONPATH)
        models = [next_model(browser)]
        for number in range(2):
            # A newer show would replace the text of an older one that is still being made.
            (daemon.home / f"seen-{number}").touch()
            models.append(next_model(browser))
        result, sent, output = script.finish()
    old, new, again = models
    first, second = result["answers"]
    assert first["ok"] and first["notices"] == [] and first["parts"] == len(leaves(old["data"]["shapes"])), output
    assert second["meshed"] == 0 and second["cached"] == first["meshed"]
    assert [kind for kind, _, _ in sent if kind in "DBEF"] == ["D", "B", "E", *["F"] * first["meshed"], "E"]
    assert tree(new["data"]["shapes"]) == tree(old["data"]["shapes"])
    assert near(new["data"]["shapes"]["bb"], old["data"]["shapes"]["bb"]) == []
    assert new["count"] == old["count"]
    changed = {key for key in old["config"] if new["config"].get(key) != old["config"][key]}
    assert changed <= {"_splash", "resetCamera"} and set(new["config"]) == set(old["config"])
    for ours, theirs in zip(leaves(new["data"]["shapes"]), leaves(old["data"]["shapes"])):
        got, want = arrays(mesh_of(new["data"], ours)), arrays(mesh_of(old["data"], theirs))
        assert differences(summary(got), summary(want)) == [], ours["id"]
    assert again["data"] == new["data"]


def test_a_fast_show_measures_the_same(start):
    daemon = start("--no-state")
    answers = []
    (daemon.home / "seen-0").touch()
    ask = {"activeTool": "PropertiesMeasurement", "selectedShapeIDs": ["/Group/body/faces/faces_3", False]}
    with Browser(daemon.port) as browser:
        script = SHOWS.format(objects=BUILD123D, client="ocp_viewer").replace("range(2)", "range(1)")
        for code in (script.split("import cadcast.fast")[0], script):
            run("clients", code, daemon.home)
            browser.settle()
            browser.say("status", ask)
            while (got := json.loads(browser.next(30))).get("type") != "backend_response":
                pass
            answers.append(got)
    assert answers[0] == answers[1]


OLD_WAY = """
from build123d import Box
from ocp_viewer import *
import cadcast.fast
show(Box(1, 2, 3), progress="")
result["last"] = cadcast.fast.last()
"""


def test_a_server_without_geometry_gets_triangles(start):
    daemon = start("--no-state", "--backend", "none")
    result, sent, _ = run("clients", OLD_WAY, daemon.home)
    assert result["last"] is None
    assert [kind for kind, _, _ in sent if kind in "DBEF"] == ["D", "B"]


def test_an_older_client_goes_on_with_triangles(start):
    """ocp_vscode 3.4 has none of what carries shapes; that is said once."""
    daemon = start("--no-state")
    code = """
    from build123d import Box
    from ocp_vscode import *
    import cadcast, cadcast.fast
    show(Box(1, 2, 3), progress="")
    cadcast.show(Box(1, 2, 4), progress="")
    result["enabled"] = cadcast.fast.enabled()
    """
    result, sent, output = run("legacy", code, daemon.home)
    assert result["enabled"] is False and output.count("cadcast: shows send triangles as before") == 1, output
    assert [kind for kind, _, _ in sent if kind in "DBEF"].count("D") == 2


def test_what_only_triangles_carry_goes_the_old_way_in_the_same_call(start, tmp_path):
    from PIL import Image

    Image.new("RGB", (20, 10), "red").save(tmp_path / "red.png")
    daemon = start("--no-state")
    code = OLD_WAY.replace("show(Box(1, 2, 3)", f"show(Box(1, 2, 3), ImageFace({str(tmp_path / 'red.png')!r})")
    with Browser(daemon.port) as browser:
        _, sent, _ = run("clients", code, daemon.home)
        assert len(next_model(browser)["data"]["shapes"]["parts"]) == 2
    assert [kind for kind, _, _ in sent if kind in "DBEF"] == ["D", "B"]


def test_an_accuracy_of_edges_is_heeded(start):
    """Edges alone are divided as the caller says, by the client; it says nothing about those of faces."""
    daemon = start("--no-state")
    code = """
    from build123d import Box, Wire
    from ocp_viewer import *
    import cadcast.fast
    show(Wire.make_circle(3), edge_accuracy=0.5, progress="")
    show(Wire.make_circle(3), edge_accuracy=0.001, progress="")
    result["last"] = cadcast.fast.last()
    show(Box(1, 2, 3), edge_accuracy=0.001, progress="")
    result["box"] = cadcast.fast.last()["ok"]
    """
    with Browser(daemon.port) as browser:
        result, sent, _ = run("clients", code, daemon.home)
        coarse, fine = (leaves(next_model(browser)["data"]["shapes"])[0] for _ in range(2))
    assert result["last"] is None and result["box"]
    assert [kind for kind, _, _ in sent if kind in "DEF"] == ["D", "D", "E", "F"]
    assert arrays(fine["shape"])["segments_per_edge"][0] > 3 * arrays(coarse["shape"])["segments_per_edge"][0]


def test_one_changed_shape_is_the_only_one_that_is_sent(start):
    daemon = start("--no-state")
    code = """
    from build123d import Box, Pos
    from ocp_viewer import show
    import cadcast.fast
    parts = [Pos(3 * i, 0, 0) * Box(1, 1, 1 + i / 8) for i in range(8)]
    show(*parts, progress="")
    parts[3] = Box(2, 2, 2)
    show(*parts, progress="")
    result["last"] = cadcast.fast.last()
    """
    result, sent, _ = run("clients", code, daemon.home)
    assert (result["last"]["meshed"], result["last"]["cached"]) == (1, 7)
    assert [kind for kind, _, _ in sent if kind in "EF"] == ["E", *["F"] * 8, "E", "F"]


def test_the_package_shows_with_the_client_that_is_there(start):
    daemon = start("--no-state")
    code = """
    from build123d import Box
    import cadcast
    cadcast.show(Box(1, 2, 3), progress="")
    result["camera"] = cadcast.Camera.KEEP.value
    result["last"] = cadcast.fast.last()
    """
    result, _, _ = run("clients", code, daemon.home)
    assert result["camera"] == "keep" and result["last"]["ok"]


def test_all_names_of_the_client_are_there(start):
    daemon = start("--no-state")
    code = """
    import cadcast, cadcast.client, ocp_viewer
    from build123d import Box
    from cadcast.client import *
    result["others"] = [name for name in ocp_viewer.__all__ if globals()[name] is not getattr(ocp_viewer, name)]
    result["few"] = {"show", "show_all", "push_object", "Animation", "status", "Collapse"} - set(cadcast.client.__all__)
    result["few"] = sorted(result["few"])
    show(Box(1, 2, 3), progress="")
    result["viewer"] = isinstance(status(), dict)
    result["own"] = cadcast.status is not status
    result["last"] = cadcast.fast.last()
    """
    result, _, output = run("clients", code, daemon.home)
    assert result["others"] == [] and result["few"] == [] and result["viewer"], output
    assert result["own"] and result["last"]["ok"]


def test_an_interrupted_show_leaves_the_picture(start):
    """Ctrl-C while the server meshes: both ends stop, and the next show works."""
    daemon = start("--no-state")
    code = """
    from build123d import Box, Cylinder, GridLocations, Pos
    from ocp_viewer import show
    import cadcast.fast, signal, threading, os
    show(Box(1, 2, 3), progress="")
    plate = Box(100, 100, 1) - [place * Cylinder(0.4, 2) for place in GridLocations(2.4, 2.4, 40, 40)]
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        show(plate, progress="", deviation=0.001, angular_tolerance=0.01)
        result["interrupted"] = False
    except KeyboardInterrupt:
        result["interrupted"] = True
    """
    result, _, _ = run("clients", code, daemon.home)
    assert result["interrupted"] is True
    with Browser(daemon.port) as browser:
        assert len(next_model(browser)["data"]["shapes"]["parts"]) == 1
    wait_until(lambda: b"cadcast_mesh_waiting 0\n" in get(daemon.port, "/metrics").body, what="the end of the meshing")
