# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What is shown, as files, read again by two independent readers: equal volumes, boxes, names and colours."""
import base64
import gzip
import json
import random
import re
import shutil
import struct
import subprocess

import lib3mf
import numpy as np
import pygltflib
import pytest
from conftest import MESSAGES, ROOT, recorded
from daemon import CACHE, PROGRAM, environment, wait_until
from peers import Browser
from wire import Wire, get

READERS = CACHE / "readers" / "bin" / "python"
MODELS = ["assembly", "box", "bracket", "zoo", "legacy-3.4"]
FORMATS = ["stl", "glb", "3mf"]
OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})


# ---- what there should be, from the kernel's message alone ----

def turned(quaternion):
    x, y, z, w = quaternion
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                     [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                     [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])


def array(of):
    return np.frombuffer(base64.b64decode(of["buffer"]), dtype=of["dtype"])


def closed(corners):
    """Whether each edge of the triangles has one that runs back."""
    numbers = np.unique(np.round(corners.reshape(-1, 3), 4), axis=0, return_inverse=True)[1].reshape(-1, 3)
    edges = np.concatenate([numbers[:, [0, 1]], numbers[:, [1, 2]], numbers[:, [2, 0]]])
    edges = edges[edges[:, 0] != edges[:, 1]]
    return sorted(map(tuple, edges.tolist())) == sorted(map(tuple, edges[:, ::-1].tolist()))


def measures(points, triangles):
    """Area and box; and the volume, which only a closed surface has."""
    corners = np.asarray(points, dtype=float)[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    volume = np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    used = corners.reshape(-1, 3)
    return {"area": float(np.linalg.norm(normals, axis=1).sum() / 2), "volume": float(volume),
            "box": [used.min(axis=0).tolist(), used.max(axis=0).tolist()], "closed": closed(corners)}


def expected(name):
    """Of each part with faces: name, id, measures, and sRGB colour with opacity."""
    data = json.loads(recorded(f"{name}-model").decode()[2:])["data"]
    found = []

    def walk(node, place):
        turn, shift = place
        if node.get("loc"):
            at, quaternion = node["loc"]
            turn, shift = turn @ turned(quaternion), turn @ np.array(at) + shift
        for part in node.get("parts", []):
            walk(part, (turn, shift))
        shape = node.get("shape")
        if shape is None or node["type"] != "shapes":
            return
        mesh = data["instances"][shape["ref"]] if "ref" in shape else shape
        points = array(mesh["vertices"]).reshape(-1, 3) @ turn.T + shift
        colour = node["color"]
        rgb = [int(colour[i:i + 2], 16) for i in (1, 3, 5)] + [round(node.get("alpha", 1) * 255)]
        found.append({"name": node["name"], "id": node["id"], "colour": rgb,
                      **measures(points, array(mesh["triangles"]).reshape(-1, 3))})

    walk(data["shapes"], (np.eye(3), np.zeros(3)))
    return found


def linear(rgba):
    """As glTF has colours."""
    share = np.array(rgba[:3]) / 255
    return [*np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4), rgba[3] / 255]


def together(parts):
    boxes = np.array([part["box"] for part in parts])
    return sum(part["area"] for part in parts), [boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)]


def same_box(one, other):
    return np.allclose(one, other, atol=1e-4)


def same_parts(found, wanted):
    """Both have the same parts in some order."""
    def key(part):
        return (part["name"], np.round(part["box"], 2).tolist())

    assert len(found) == len(wanted)
    for one, other in zip(sorted(found, key=key), sorted(wanted, key=key), strict=True):
        assert one["name"] == other["name"]
        assert one["area"] == pytest.approx(other["area"], rel=1e-5)
        if other["closed"]:
            assert one["volume"] > 0 and one["volume"] == pytest.approx(other["volume"], rel=1e-5)
        assert same_box(one["box"], other["box"])
        if one.get("colour") is not None:
            assert np.allclose(one["colour"], other["colour"], atol=1), one


# ---- the readers ----

def by_trimesh(paths):
    output = subprocess.run([READERS, ROOT / "tests/lib/trimesh_summary.py", *paths], check=True, capture_output=True)
    return json.loads(output.stdout)


def by_lib3mf(path):
    """Each mesh in its place, under the name of the object that the tree has for it."""
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(str(path))
    assert reader.GetWarningCount() == 0
    found = []

    def walk(thing, name, turn, shift):
        if thing.IsMeshObject():
            points = np.array([vertex.Coordinates[:] for vertex in thing.GetVertices()]) @ turn + shift
            triangles = np.array([triangle.Indices[:] for triangle in thing.GetTriangleIndices()])
            resource, property_id, given = thing.GetObjectLevelProperty()
            assert given
            colour = model.GetBaseMaterialGroupByID(resource).GetDisplayColor(property_id)
            found.append({"name": name, "colour": [colour.Red, colour.Green, colour.Blue, colour.Alpha],
                          **measures(points, triangles)})
            assert thing.IsManifoldAndOriented() == found[-1]["closed"], name
            return
        for i in range(thing.GetComponentCount()):
            component = thing.GetComponent(i)
            below = component.GetObjectResource()
            fields = np.array([row[:] for row in component.GetTransform().Fields])
            alone = thing.GetComponentCount() == 1 and below.IsMeshObject() and below.GetName() == ""
            walk(below, name if alone else below.GetName(), fields[:3] @ turn, fields[3] @ turn + shift)

    items = model.GetBuildItems()
    while items.MoveNext():
        item = items.GetCurrent()
        fields = np.array([row[:] for row in item.GetObjectTransform().Fields])
        thing = item.GetObjectResource()
        walk(thing, thing.GetName(), fields[:3], fields[3])
    return found


def by_pygltflib(path):
    """The same, in millimetres and with Z up again."""
    file = pygltflib.GLTF2().load_binary(str(path))
    binary = file.binary_blob()
    back = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) * 1000
    found = []

    def read(number):
        accessor = file.accessors[number]
        view = file.bufferViews[accessor.bufferView]
        dtype, width = {5125: ("<u4", 1), 5126: ("<f4", 3)}[accessor.componentType]
        values = np.frombuffer(binary, dtype, accessor.count * width, view.byteOffset).reshape(-1, width)
        if accessor.max:
            assert np.array_equal(values.max(axis=0), np.float32(accessor.max))
            assert np.array_equal(values.min(axis=0), np.float32(accessor.min))
        return values

    def walk(node, place):
        if node.matrix:
            place = place @ np.array(node.matrix).reshape(4, 4).T
        for child in node.children or []:
            walk(file.nodes[child], place)
        if node.mesh is None:
            return
        primitive = file.meshes[node.mesh].primitives[0]
        if primitive.mode != pygltflib.TRIANGLES:
            return
        normals = read(primitive.attributes.NORMAL)
        assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
        points = (read(primitive.attributes.POSITION) @ place[:3, :3].T + place[:3, 3]) @ back.T
        material = file.materials[primitive.material]
        factor = np.array(material.pbrMetallicRoughness.baseColorFactor)
        assert (material.alphaMode == "BLEND") == (factor[3] < 1)
        found.append({"name": node.name, "linear": factor.tolist(),
                      **measures(points, read(primitive.indices).reshape(-1, 3).astype(int))})

    walk(file.nodes[file.scenes[file.scene].nodes[0]], np.eye(4))
    return found


def by_hand(path):
    """Binary STL, as its authors describe it."""
    data = path.read_bytes()
    count = struct.unpack_from("<I", data, 80)[0]
    assert len(data) == 84 + 50 * count and not data.startswith(b"solid")
    records = np.frombuffer(data, [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")], count, 84)
    corners = records["corners"].astype(float)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("ij,ij->i", normals, records["normal"]) >= 0).all()
    return measures(corners.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Every model in every format, from its recorded message, and what trimesh reads in them."""
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / f"{name}.{form}" for name in MODELS for form in FORMATS]
    for path in paths:
        message = MESSAGES / f"{path.stem}-model.msg"
        subprocess.run([PROGRAM, "export", "-o", path, message], check=True, capture_output=True)
    return dict(zip(paths, by_trimesh(paths), strict=True))


def test_stl_is_read_by_trimesh_and_by_hand(files):
    for path, meshes in files.items():
        if path.suffix == ".stl":
            wanted = expected(path.stem)
            area, box = together(wanted)
            for found in (meshes[0], by_hand(path)):
                assert found["area"] == pytest.approx(area, rel=1e-5) and same_box(found["box"], box)
                if all(part["closed"] for part in wanted):
                    assert found["volume"] == pytest.approx(sum(part["volume"] for part in wanted), rel=1e-5)


def test_3mf_is_read_by_trimesh_and_lib3mf(files):
    for path, meshes in files.items():
        if path.suffix == ".3mf":
            wanted = expected(path.stem)
            same_parts(by_lib3mf(path), wanted)
            area, box = together(wanted)
            assert sum(mesh["area"] for mesh in meshes) == pytest.approx(area, rel=1e-5)
            found = np.array([mesh["box"] for mesh in meshes])
            assert len(meshes) == len(wanted) and same_box([found[:, 0].min(axis=0), found[:, 1].max(axis=0)], box)


def test_glb_is_read_by_trimesh_and_pygltflib(files):
    back = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) * 1000
    for path, meshes in files.items():
        if path.suffix == ".glb":
            wanted = expected(path.stem)
            found = by_pygltflib(path)
            same_parts(found, wanted)
            by_name = {part["name"]: part["colour"] for part in wanted}
            for part in found:
                assert np.allclose(part["linear"], linear(by_name[part["name"]]), atol=0.003)
            for mesh in meshes:
                corners = np.array(mesh["box"]) @ back.T
                mesh.update(name=mesh["node"], volume=mesh["volume"] * 1e9, area=mesh["area"] * 1e6, colour=None,
                            box=[corners.min(axis=0), corners.max(axis=0)])
            if len({part["name"] for part in wanted}) == len(wanted):
                same_parts(meshes, wanted)


# ---- the doors ----

def test_a_session_has_files(daemon, tmp_path):
    assert get(daemon.port, "/model.stl").status == 404
    assert json.loads(get(daemon.port, "/model.glb").body)["detail"] == "nothing is shown here"
    daemon.send(recorded("assembly-model"))
    daemon.send(recorded("box-model"), "other")
    for form, kind in (("stl", "model/stl"), ("glb", "model/gltf-binary"), ("3mf", "model/3mf")):
        response = get(daemon.port, f"/model.{form}")
        assert (response.status, response.headers["content-type"]) == (200, kind)
        assert response.headers["content-disposition"] == f'attachment; filename="default.{form}"'
        path = tmp_path / f"whole.{form}"
        subprocess.run([PROGRAM, "export", "-o", path, MESSAGES / "assembly-model.msg"], check=True)
        assert path.read_bytes() == response.body
        head = get(daemon.port, f"/model.{form}", method="HEAD")
        assert head.status == 200 and head.headers["content-length"] == str(len(response.body)) and head.body == b""
        assert f'filename="other.{form}"' in get(daemon.port, f"/s/other/model.{form}").headers["content-disposition"]
        part = expected("assembly")[0]["id"]
        for query in ("", f"?parts={part}", "?visible=1", "?parts=/none", "?no=1"):
            doors = [get(daemon.port, f"{path}/model.{form}{query}") for path in ("/s/default", "/api/v1/sessions/default")]
            assert doors[0].status == doors[1].status and doors[0].body == doors[1].body, query
        assert get(daemon.port, f"/api/v1/sessions/other/model.{form}", method="POST").status == 405
        assert get(daemon.port, f"/api/v1/sessions/none/model.{form}").status == 404
    assert get(daemon.port, "/model.obj").status == get(daemon.port, "/api/v1/sessions/default/model.obj").status == 404


def test_parts_of_it(daemon, tmp_path):
    daemon.send(recorded("assembly-model"))
    wanted = expected("assembly")
    ids = [wanted[0]["id"], wanted[2]["id"]]
    query = "&".join(f"parts={part}" for part in ids)
    path = tmp_path / "some.3mf"
    path.write_bytes(get(daemon.port, f"/model.3mf?{query}").body)
    same_parts(by_lib3mf(path), [part for part in wanted if part["id"] in ids])
    path.write_bytes(get(daemon.port, f"/model.3mf?hide={ids[0]}").body)
    same_parts(by_lib3mf(path), [part for part in wanted if part["id"] != ids[0]])
    for bad, status, why in (("parts=/nothing", 404, "there is no part /nothing"), ("parts=", 400, "must be the id"),
                             ("part=/a", 400, "there is no parameter part"), ("visible=x", 400, "visible must be"),
                             ("hide=%zz", 400, "not encoded"), (f"parts={ids[0]}&hide={ids[0]}", 404, "nothing of it")):
        response = get(daemon.port, f"/model.glb?{bad}")
        assert response.status == status and why in json.loads(response.body)["detail"]


def test_what_is_visible(daemon, tmp_path):
    daemon.send(recorded("assembly-model"))
    wanted = expected("assembly")
    path = tmp_path / "seen.3mf"
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        page.say("status", {"states": {wanted[0]["id"]: [0, 0]}, "position": [9, 9, 9]})
        page.settle()
        path.write_bytes(get(daemon.port, "/model.3mf?visible=1").body)
        same_parts(by_lib3mf(path), wanted[1:])
        path.write_bytes(get(daemon.port, "/model.3mf").body)
        same_parts(by_lib3mf(path), wanted)


HOSTILE = "</script><script>alert(1)</script>"


def test_one_html_file(daemon, tmp_path):
    """It holds the model as gzip in base64, and what was said to the page since."""
    assert get(daemon.port, "/export.html").status == 404
    daemon.send(recorded("assembly-model"))
    daemon.send(b"S:" + json.dumps({"type": "ui", "config": {"axes": True, "title": HOSTILE}}).encode())
    with Browser(daemon.port, hello=OURS) as page:
        page.settle()
        page.say("status", {"position": [9, 9, 9]})
        page.settle()
        answers = [get(daemon.port, path) for path in (
            "/export.html", "/s/default/export.html", "/api/v1/sessions/default/export.html", "/export.html?page=w1")]
    for answer in answers:
        assert answer.status == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="default.html"'
    text = answers[0].body.decode()
    model = re.search(r'id="packed">([^<]*)</script>', text)[1]
    assert gzip.decompress(base64.b64decode(model)).startswith(b"CADCAST1")
    values = json.loads(re.search(r'id="cadcast">([^<]*)</script>', text)[1])
    assert json.loads(values["messages"][0])["config"] == {"axes": True, "title": HOSTILE}
    assert json.loads(values["view"])["position"] == [9, 9, 9] and values["settings"]["theme"]
    assert json.loads(json.loads(re.search(r'id="cadcast">([^<]*)</script>', answers[3].body.decode())[1])["view"]
                      )["position"] == [9, 9, 9]
    for bad, why in (("parts=/a", "holds the whole model"), ("visible=1", "whole model"), ("page=" + "x" * 65, "the id")):
        answer = get(daemon.port, f"/export.html?{bad}")
        assert answer.status == 400 and why in json.loads(answer.body)["detail"]
    assert get(daemon.port, "/api/v1/sessions/none/export.html").status == 404
    assert get(daemon.port, "/api/v1/sessions/default/export.html", method="POST").status == 405


def test_the_name_of_a_model_is_text(tmp_path):
    model = json.loads(recorded("box-model")[2:])
    model["data"]["shapes"]["name"] = HOSTILE
    (tmp_path / "box.msg").write_bytes(b"D:" + json.dumps(model).encode())
    done = command("-o", tmp_path / "box.html", tmp_path / "box.msg", home=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "box.html").read_text(encoding="utf-8")
    assert HOSTILE not in text and "&#60;/script&#62;" in text
    done = command("-o", tmp_path / "box.html", "--visible", tmp_path / "box.msg", home=tmp_path)
    assert done.returncode == 2 and b"holds the whole model" in done.stderr


def test_a_large_html_file_is_warned_of(tmp_path):
    """From 100 MB on. (That one of more than 380 MB as gzip is refused is in tests/unit/test_export.c, with less.)"""
    size = 79 << 20
    text = json.dumps({"noise": {"shape": [size], "dtype": "uint8", "offset": 0, "bytes": size}}).encode()
    head = b"CADCAST1" + struct.pack("<II", 1, len(text)) + text
    with open(tmp_path / "noise.model", "wb") as file:
        file.write(head + bytes(-len(head) % 16))
        file.write(random.Random(1).randbytes(size))
    done = command("-o", tmp_path / "x.html", tmp_path / "noise.model", home=tmp_path)
    assert done.returncode == 0 and b"this is 106 MB: browsers take long to open it" in done.stderr, done
    (tmp_path / "x.html").unlink()


def test_without_the_page_there_is_no_html(tmp_path):
    """As where the renderer was not fetched when it was built."""
    data = tmp_path / "data"
    shutil.copytree(ROOT / "templates", data / "templates")
    (data / "onefile.html").write_text("")
    done = subprocess.run([PROGRAM, "export", "-o", "x.html", MESSAGES / "box-model.msg"], capture_output=True,
                          env={**environment(tmp_path), "CADCAST_DATA_DIR": str(data)}, cwd=tmp_path, check=False)
    assert done.returncode == 1 and b"tools/fetch-assets" in done.stderr


def test_a_client_that_leaves_does_not_hold_up_the_next(daemon):
    daemon.send(recorded("zoo-model"))
    wait_until(lambda: get(daemon.port, "/model.stl").status == 200)
    for _ in range(12):
        with Wire(daemon.port) as wire:
            wire.request("GET", "/model.3mf")
    assert get(daemon.port, "/model.stl").status == 200
    daemon.stop()


def test_memory_is_limited(start):
    daemon = start("--max-memory", "1M")
    daemon.send(recorded("zoo-model"))
    response = get(daemon.port, "/model.stl")
    assert response.status in (404, 503), response.body
    assert json.loads(response.body)["detail"]


def test_files_need_the_token_that_all_else_needs(start):
    daemon = start("--token", "secret-enough", "--host", "0.0.0.0")
    assert get(daemon.port, "/model.stl?token=wrong").status == 401
    assert get(daemon.port, "/model.stl", Host="evil.example").status in (400, 403, 421)


# ---- the command ----

def command(*words, home, **more):
    return subprocess.run([PROGRAM, "export", *words], capture_output=True, env=environment(home), check=False, **more)


def test_the_command_asks_a_session(daemon, tmp_path):
    daemon.send(recorded("assembly-model"), "one")
    out = tmp_path / "one.GLB"
    port = ["--port", str(daemon.port)]
    done = command(*port, "--session", "one", "-o", out, home=daemon.home)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == get(daemon.port, "/s/one/model.glb").body
    done = command(*port, "--session", "one", "-o", "-", "--format", "stl", "--parts", "/Group/none", home=daemon.home)
    assert done.returncode == 1 and b"there is no part /Group/none" in done.stderr and done.stdout == b""
    done = command(*port, "-o", tmp_path / "x.3mf", home=daemon.home)
    assert done.returncode == 1 and b"nothing is shown here" in done.stderr
    done = command(*port, "--session", "one", "-o", tmp_path / "one.png", home=daemon.home)
    assert done.returncode == 0 and (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_says_what_is_wrong(tmp_path):
    message = MESSAGES / "zoo-model.msg"
    for words, status, why in (
        (["-o", "x.abc", message], 2, b"the name must end with the kind of file"), ([message], 2, b"usage: cadcast export"),
        (["-o", "x.stl", "--what", message], 2, b"no option --what"), (["-o", "x.stl", "--parts=", message], 2, b"the id of"),
        (["-o", tmp_path / "no" / "x.stl", message], 1, b"no such file"), (["-o", "x.stl", tmp_path / "none"], 1, b"no such"),
        (["-o", "-", "--format", "glb", "--session", "a b"], 2, b"a session's name"),
        (["-o", tmp_path / "x.stl", message], 0, b"8 parts are left out, which stl has no form for"),
    ):
        done = command(*words, home=tmp_path, cwd=tmp_path)
        assert (done.returncode, why in done.stderr.lower()) == (status, True), done.stderr
