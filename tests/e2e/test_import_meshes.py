# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Files of triangles: what cadcast-import draws of them (docs/importing.md)."""
import base64
import json
import math
import zipfile

import pytest
from importing import IMPORTER, import_folder, run_import
from measure_helper import ROOT
from mesh_files import POINTS, QUADS, TRIANGLES, glb, gltf, mesh_xml, obj, ply, sparse, stl, text_stl, threemf
from numpy import allclose, cross, dtype, float64, frombuffer, isclose, linalg

pytestmark = pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange")

# ---- what is drawn ----


def leaves(node):
    return [leaf for part in node["parts"] for leaf in leaves(part)] if "parts" in node else [node]


def arrays(instance):
    return {name: frombuffer(base64.b64decode(each["buffer"]), dtype(each["dtype"])) for name, each in instance.items()}


def volume(instance):
    points = instance["vertices"].reshape(-1, 3).astype(float64)[instance["triangles"]].reshape(-1, 3, 3)
    return float((cross(points[:, 0], points[:, 1]) * points[:, 2]).sum() / 6)


def check_box(got, size=1.0):
    assert (got.status, got.error) == (0, None)
    model = got.model["data"]
    assert len(model["instances"]) == 1
    instance = arrays(model["instances"][0])
    assert list(instance["triangles_per_face"]) == [2] * 6 and list(instance["face_types"]) == [0] * 6
    assert list(instance["segments_per_edge"]) == [1] * 12 and list(instance["edge_types"]) == [0] * 12
    assert len(instance["obj_vertices"]) == 24 and len(instance["vertices"]) == 72
    assert isclose(volume(instance), 6 * size ** 3, rtol=1e-5)
    normals = instance["normals"].reshape(-1, 3)
    assert allclose(linalg.norm(normals, axis=1), 1) and allclose(abs(normals).max(axis=1), 1)
    assert leaves(model["shapes"])[0]["subtype"] == "solid"
    return model["shapes"]


FILES = {
    "box.stl": stl(), "text.stl": text_stl("solid part"), "box.ply": ply(), "little.ply": ply("binary_little_endian", True),
    "big.ply": ply("binary_big_endian"), "box.obj": obj(), "box.glb": glb(), "box.3mf": threemf(),
    "stored.3mf": threemf(method=zipfile.ZIP_STORED),
    "data.gltf": json.dumps(gltf("data:application/octet-stream;base64," + base64.b64encode(gltf()[1]).decode())[0]).encode(),
}
NAMES = {"text.stl": "solid_part", "box.glb": "block", "data.gltf": "block", "box.3mf": "block_&_Box", "stored.3mf": "block_&_Box"}


@pytest.mark.parametrize("name", FILES)
def test_a_box_has_six_faces_and_twelve_edges(name):
    got = run_import(FILES[name], "--config", '{"axes":true}', name=name)
    tree = check_box(got)
    leaf = NAMES.get(name, name.split(".")[0])
    assert [part["id"] for part in tree["parts"]] == [f"/Group/{leaf}"]
    assert tree["bb"] == pytest.approx({"xmin": 0, "xmax": 1, "ymin": 0, "ymax": 2, "zmin": 0, "zmax": 3}, abs=1e-5)
    assert tree["normal_len"] == 0 and got.model["config"] == {"axes": True} and got.model["type"] == "data"
    assert got.done["triangles"] == 12 and got.done["format"] == name.split(".")[1] and got.model["count"] == 1


def test_round_faces_are_smooth_and_one():
    count = 24
    points = [(0.0, 0.0, 0.0), (0.0, 0.0, 1.0)]
    for number in range(count):
        angle = 2 * math.pi * number / count
        x, y = math.cos(angle), math.sin(angle)
        points += [(x, y, 0.0), (x, y, 1.0)]
    triangles = []
    for number in range(count):
        a, b = 2 + 2 * number, 2 + 2 * ((number + 1) % count)
        triangles += [(0, b, a), (1, a + 1, b + 1), (a, b, b + 1), (a, b + 1, a + 1)]
    got = run_import(stl(triangles, points), name="rod.stl")
    instance = arrays(got.model["data"]["instances"][0])
    assert sorted(instance["triangles_per_face"]) == [count, count, 2 * count]
    assert sorted(instance["face_types"]) == [0, 0, 10]
    assert list(instance["segments_per_edge"]) == [count, count] and list(instance["edge_types"]) == [8, 8]
    assert len(instance["vertices"]) // 3 == 2 * (count + 1) + 2 * count


def test_an_open_border_is_an_edge():
    got = run_import(stl(TRIANGLES[2:]), name="open.stl")
    instance = arrays(got.model["data"]["instances"][0])
    assert len(instance["segments_per_edge"]) == 12
    leaf = leaves(got.model["data"]["shapes"])[0]
    assert leaf["subtype"] == "face" and leaf["renderback"] is True


def test_triangles_without_extent_are_left_out():
    got = run_import(stl([*TRIANGLES, (0, 0, 1)]), name="x.stl")
    assert got.done["triangles"] == 12 and got.notices == ["x: 1 triangles without extent were left out"]


def test_several_solids_of_a_text_stl():
    got = run_import(text_stl("one") + text_stl("two"), name="x.stl")
    assert [part["name"] for part in got.model["data"]["shapes"]["parts"]] == ["one", "two"]


def test_several_meshes_become_one_tree(tmp_path):
    (tmp_path / "a.stl").write_bytes(FILES["box.stl"])
    (tmp_path / "b.glb").write_bytes(FILES["box.glb"])
    (tmp_path / "c.step").write_bytes((ROOT / "tests" / "data" / "import" / "assembly.step").read_bytes())
    got = import_folder(tmp_path, "a.stl", "b.glb")
    assert [leaf["id"] for leaf in leaves(got.model["data"]["shapes"])] == ["/Group/a/a", "/Group/b/block"]
    assert "c.step cannot be shown together" in import_folder(tmp_path, "a.stl", "c.step").error


def test_materials_and_groups_of_an_obj(tmp_path):
    faces = ["o left\nusemtl red"] + [f"f {' '.join(str(corner - 8) for corner in quad)}" for quad in QUADS[:3]]
    faces += ["usemtl glass one"] + [f"f {' '.join(str(corner + 1) for corner in quad)}" for quad in QUADS[3:]]
    faces += ["g right side\nusemtl none\nf 1 2 \\\n 3"]
    (tmp_path / "a b.obj").write_bytes(obj("mtllib a b.mtl\n", faces))
    (tmp_path / "a b.mtl").write_text("newmtl red\nKd 1 0 0\nnewmtl glass one\nKd 0 0.5 1\nd 0.25\n")
    got = import_folder(tmp_path, "a b.obj")
    tree = got.model["data"]["shapes"]
    assert [(leaf["id"], leaf["color"], leaf["alpha"]) for leaf in leaves(tree)] == [
        ("/Group/left/red", "#ff0000", 1), ("/Group/left/glass_one", "#0080ff", 0.25), ("/Group/right_side", "#e8b024", 1)]
    got = run_import(obj("mtllib ../x.mtl\n"), name="x.obj")
    assert got.status == 0 and got.notices == ["its materials are missing: ../x.mtl is not beside it"]


def test_nodes_of_a_gltf(tmp_path):
    half = math.sqrt(0.5)
    nodes = [{"name": "top", "children": [1, 2, 3]}, {"mesh": 0, "name": "a", "translation": [0.01, 0.02, 0.03]},
             {"mesh": 0, "name": "b", "rotation": [half, 0, 0, half]}, {"mesh": 0, "name": "c", "scale": [-2, 2, 2]}]
    root, data = gltf("part%201.bin", nodes)
    root["scenes"] = [{"nodes": [0]}]
    (tmp_path / "x.gltf").write_text(json.dumps(root))
    (tmp_path / "part 1.bin").write_bytes(data)
    got = import_folder(tmp_path, "x.gltf")
    tree = got.model["data"]["shapes"]
    one, two, three = leaves(tree)
    assert [leaf["id"] for leaf in (one, two, three)] == ["/top/a", "/top/b", "/top/c"]
    assert {leaf["color"] for leaf in (one, two, three)} == {"#0080ff"}
    assert one["shape"] == two["shape"] != three["shape"], "what is scaled has a mesh of its own"
    assert one["loc"][0] == pytest.approx([10, -30, 20]) and two["loc"][1] == pytest.approx([half, 0, 0, half])
    instances = [arrays(each) for each in got.model["data"]["instances"]]
    assert isclose(volume(instances[1]), 48, rtol=1e-5), "a mirrored one keeps its outside"
    alone = run_import(json.dumps(root).encode(), name="x.gltf")
    assert alone.error == "x.gltf needs the file part 1.bin beside it"
    root["buffers"][0]["uri"] = "../part 1.bin"
    assert "needs the file ../part 1.bin beside it" in run_import(json.dumps(root).encode(), name="x.gltf").error


def test_sparse_accessors_of_a_gltf():
    got = run_import(sparse(True), name="x.gltf")
    found = arrays(got.model["data"]["instances"][0])["vertices"].reshape(-1, 3).tolist()
    corners = {tuple(round(value, 4) for value in corner) for corner in found}
    assert corners == {*POINTS, (2, 2, 3)} - {(1, 2, 3)}
    got = run_import(sparse(False), name="x.gltf")
    assert got.error == "x.gltf has no triangle with an area", "where no buffer is, places are zeros"


def test_a_gltf_with_plain_numbers_beside_compressed_ones():
    """Draco and meshopt may be a choice of the reader's."""
    root, data = gltf("data:;base64," + base64.b64encode(gltf()[1]).decode())
    root["extensionsUsed"] = ["KHR_draco_mesh_compression", "EXT_meshopt_compression"]
    root["meshes"][0]["primitives"][0]["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": 0}}
    root["bufferViews"][0]["extensions"] = {"EXT_meshopt_compression": {"buffer": 0}}
    check_box(run_import(json.dumps(root).encode(), name="x.gltf"))
    del root["accessors"][0]["bufferView"]
    assert run_import(json.dumps(root).encode()).error == "the file cannot be shown: its meshes are compressed with Draco"
    del root["meshes"][0]["primitives"][0]["extensions"], root["buffers"][0]["uri"]
    root["accessors"][0]["bufferView"] = 0
    assert run_import(json.dumps(root).encode()).error == "the file cannot be shown: its meshes are compressed with meshopt"


def test_objects_of_a_3mf():
    resources = f"""<basematerials id="9"><base name="r" displaycolor="#FF8000"/><base name="g" displaycolor="#00FF0080"/>
</basematerials><object id="1" pid="9" pindex="1">{mesh_xml()}</object><object id="2"><components>
<component objectid="1"/><component objectid="1" transform="0 1 0 -1 0 0 0 0 1 5 6 7"/></components></object>"""
    settings = """<config><object id="2"><metadata key="name" value="both"/><part id="1" subtype="normal_part">
<metadata key="name" value="half"/></part></object><object id="1"><metadata key="name" value="single"/></object></config>"""
    data = threemf(resources, '<item objectid="2"/><item objectid="1" transform="1 0 0 0 1 0 0 0 1 10 0 0"/>', "centimeter",
                   {"Metadata/model_settings.config": settings})
    got = run_import(data, name="x.3mf")
    found = leaves(got.model["data"]["shapes"])
    assert [leaf["id"] for leaf in found] == ["/Group/both/half", "/Group/both/half(2)", "/Group/single"]
    assert found[0]["color"] == "#00ff00" and found[0]["alpha"] == pytest.approx(0.502, abs=1e-3)
    assert found[1]["loc"][0] == pytest.approx([50, 60, 70]) and found[2]["loc"][0] == pytest.approx([100, 0, 0])
    assert found[1]["loc"][1] == pytest.approx([0, 0, math.sqrt(0.5), math.sqrt(0.5)])
    (instance,) = got.model["data"]["instances"]
    assert isclose(volume(arrays(instance)), 6000, rtol=1e-5)


def test_a_3mf_of_several_files():
    inner = f"""<model unit="millimeter"><resources><object id="7" name="inner">{mesh_xml()}</object></resources></model>"""
    resources = '<object id="1" name="outer"><components><component p:path="/3D/Objects/a.model" objectid="7"/></components></object>'
    got = run_import(threemf(resources, files={"3D/Objects/a.model": inner}), name="x.3mf")
    check_box(got)
    assert leaves(got.model["data"]["shapes"])[0]["name"] == "outer"


# ---- what is bad ----

BOMB = threemf(resources="<object>" + " " * 300_000_000 + "</object>")
CIRCLE = threemf('<object id="1"><components><component objectid="1"/></components></object>')
ROUND = json.dumps(gltf(nodes=[{"children": [0]}])[0]).encode()
FAULTS = {
    "is cut off, or no STL file: 11 of 12 triangles": (stl()[:-1], "x.stl"),
    "no STL file: 12 of 4294967295 triangles": (stl(count=0xFFFFFFFF), "x.stl"),
    "the end of its last solid": (text_stl()[:-20], "x.stl"),
    "is cut off: it is shorter than": (b"\x01\x02", "x.stl"),
    "has less in it than its head says": (ply().replace(b"vertex 8", b"vertex 4000000000"), "x.ply"),
    "a triangle refers to no corner": (ply().replace(b"4 0 2 3 1", b"4 0 2 3 9"), "x.ply"),
    "x.ply is cut off": (ply("binary_big_endian")[:-3], "x.ply"),
    "has points but no triangles": (ply().replace(b"vertex_indices", b"other"), "x.ply"),
    "a face refers to no point": (obj(faces=["f 1 2 9"]), "x.obj"),
    "has no faces in it": (b"v 1 2 3\n", "x.obj"),
    "compressed with Draco": (json.dumps({**gltf()[0], "extensionsRequired": ["KHR_draco_mesh_compression"]}).encode(), "x.gltf"),
    "compressed with meshopt": (json.dumps({**gltf()[0], "extensionsRequired": ["EXT_meshopt_compression"]}).encode(), "x.gltf"),
    "a sparse accessor refers to no item": (sparse(True, indices={"bufferView": 3, "byteOffset": 12, "componentType": 5123}), "x.gltf"),
    "a sparse accessor is not described": (sparse(True, count=9), "x.gltf"),
    "triangles are outside of their buffer": (sparse(True, values={"bufferView": 2}), "x.gltf"),
    "nested too deep, or in a circle": (ROUND, "x.gltf"),
    "its JSON cannot be read": (b'{"asset": {"version": "2.0"}, ' + b"[" * 200, "x.gltf"),
    "x.glb is cut off": (glb()[:-8], "x.glb"),
    "more than 200 times as large": (BOMB, "x.3mf"),
    "its parts are nested too deep": (CIRCLE, "x.3mf"),
    "has a document type": (threemf(resources="<!DOCTYPE x [<!ENTITY a 'b'>]>"), "x.3mf"),
    "without a 3MF model": (threemf().replace(b"3D/3dmodel.model", b"3D/3dmodel.xxxxx"), "x.3mf"),
    "it is no whole zip archive": (threemf()[:-30], "x.3mf"),
    "a part refers to no object": (threemf(build='<item objectid="5"/>'), "x.3mf"),
}


@pytest.mark.parametrize("words", FAULTS)
def test_a_bad_file_gets_one_line(words):
    data, name = FAULTS[words]
    got = run_import(data, "--memory", str(2 << 30), name=name)
    assert (got.status, got.messages, got.done) == (1, [], None)
    assert got.error.startswith(name) and words in got.error and "\n" not in got.error


@pytest.mark.parametrize("name", [b"a\xff.bin", b"\xe0\x82\xa0.bin", b"\xed\xa0\x80.bin", b"\xf4\x90\x80\x80.bin",
                                  b"x" * 199 + "\xe4.bin".encode()])
def test_a_line_is_utf_8_whatever_is_in_the_file(name):
    """The reader of the frames fails else."""
    got = run_import(json.dumps(gltf("PLACE")[0]).encode().replace(b"PLACE", name), name="x.gltf")
    assert got.error.startswith("x.gltf needs the file ") and got.error.endswith(" beside it")
    got = run_import(text_stl("NAME").replace(b"NAME", name), name="x.stl")
    assert got.done["parts"] == 1


def test_an_encrypted_3mf_is_named():
    data = bytearray(threemf())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert run_import(bytes(data), name="x.3mf").error == "x.3mf is encrypted"
