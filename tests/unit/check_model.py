# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""check_model.py MODEL-CONVERT FOLDER: the files that the converter makes hold what Python's json
and base64 find in the payload, byte for byte: for each recorded message in FOLDER, and for payloads
made up here, with what the recordings lack."""

import base64
import json
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "lib"))
import cadmodel

ORDERS = [("shape", "dtype", "buffer", "codec"), ("codec", "buffer", "dtype", "shape"),
          ("buffer", "shape", "codec", "dtype"), ("dtype", "codec", "shape", "buffer")]


def array(rng, dtype, shape, order=ORDERS[0], **extra):
    size = cadmodel.ITEM[dtype]
    for n in shape:
        size *= n
    members = {"shape": shape, "dtype": dtype, "codec": "b64",
               "buffer": base64.b64encode(rng.randbytes(size)).decode()}
    return {**{key: members[key] for key in order}, **extra}


def textured(rng):
    """Texture coordinates, materials with pictures, and unknown members."""
    instance = {name: array(rng, "float32", [rng.randrange(200) * 3])
                for name in ("vertices", "normals", "edges", "obj_vertices")}
    instance["uvs"] = array(rng, "float32", [rng.randrange(200) * 2])
    for name in ("triangles", "face_types", "edge_types", "triangles_per_face",
                 "segments_per_edge"):
        instance[name] = array(rng, "int32", [rng.randrange(100)])
    picture = "data:image/png;base64," + base64.b64encode(rng.randbytes(3000)).decode()
    part = {"id": "/G/p \"1\"", "name": "p \"1\" \u00e4\u20ac\U0001f600", "shape": {"ref": 0},
            "material": "wood", "normalize_uvs": True,
            "texture": {"format": "png", "data": picture, "width": None, "nested": [[], {}, [1, []]]},
            "future": {"shape": "round", "buffer": 1, "deep": [array(rng, "uint8", [7])]}}
    materials = {"wood": {"color": [0.1, 1e-7, -2], "map": picture, "roughness": 0.5,
                          "lut": array(rng, "float64", [2, 3], interpolation="linear")}}
    tree = {"version": 3, "parts": [part], "loc": None, "name": "G", "id": "/G"}
    return {"data": {"instances": [instance], "shapes": tree, "materials": materials},
            "type": "data", "config": {"_splash": True, "materials": materials}, "count": 1}


def every_dtype(rng):
    arrays = [array(rng, dtype, shape, order)
              for dtype in cadmodel.ITEM
              for shape in ([], [0], [1], [5], [3, 4], [2, 0, 3], [1000])
              for order in ORDERS]
    return {"data": {"instances": [], "shapes": {"arrays": arrays}}, "type": "data"}


def not_understood(rng):
    """An array with any fault stays text, between arrays that are moved."""
    def changed(**members):
        return {**array(rng, "int32", [30]), **members}

    wrong = [changed(codec="b85"), changed(dtype="float16"), changed(shape=[31]), changed(shape=30),
             changed(shape=[30.0]), changed(shape=[-30]), changed(shape=["30"]), changed(shape=[[30]]),
             changed(buffer=None), changed(buffer=""), changed(buffer="A" * 159 + "!"),
             changed(buffer="A" * 100 + "=" * 60), changed(buffer="A" * 80 + "\"" + "A" * 79),
             changed(buffer="A" * 80 + "\\" + "A" * 79), changed(shape=[1 << 62, 16, 30]),
             changed(offset=0), changed(bytes=120), changed(codec=None), changed(dtype=4)]
    listed = []
    for item in wrong:
        listed += [array(rng, "uint8", [rng.randrange(50)]), item]
    return {"data": listed, "type": "data"}


def convert(program, text):
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "payload"), pathlib.Path(folder, "model")
        source.write_bytes(text)
        run = subprocess.run([program, source, target], check=False, capture_output=True, text=True, timeout=60)
        if run.returncode != 0:
            raise SystemExit(f"no file: {run.stdout}{run.stderr}")
        return target.read_bytes(), json.loads(run.stdout)


def count_arrays(value):
    if isinstance(value, cadmodel.Array):
        return 1 + count_arrays(value.rest)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(count_arrays(item) for item in inner)


def check(program, name, text, exact):
    file, facts = convert(program, text)
    wanted = cadmodel.expect(text)
    assert cadmodel.decode(file) == wanted, name
    assert facts["arrays"] == count_arrays(wanted), name
    # A payload that is all arrays of the usual kind keeps every other byte.
    if exact:
        assert cadmodel.parts(file)[0] == cadmodel.expect_text(text), name
    shapes = wanted["data"].get("shapes", {}) if isinstance(wanted.get("data"), dict) else {}
    assert facts["name"] == shapes.get("name", ""), name
    assert facts["names"] == [part["name"] for part in shapes.get("parts", [])[:8]], name
    assert facts["count"] == wanted.get("count", -1), name
    assert facts["splash"] == wanted.get("config", {}).get("_splash", False), name
    return facts


def main(program, folder):
    recorded = 0
    for path in sorted(pathlib.Path(folder).glob("*.msg")):
        text = path.read_bytes()
        if text.startswith(b"D:"):
            facts = check(program, path.name, text[2:], True)
            assert facts["left"] == 0, path.name
            recorded += path.name.endswith("-model.msg")
    assert recorded >= 5, "the recorded models are missing"
    for seed in range(6):
        rng = random.Random(seed)
        separators = [(",", ":"), (", ", ": "), (" ,\n\t", " :\r\n ")][seed % 3]
        for make in (textured, every_dtype, not_understood):
            payload = make(rng)
            text = json.dumps(payload, separators=separators, ensure_ascii=seed < 3).encode()
            facts = check(program, make.__name__, text, False)
            assert (facts["left"] > 0) == (make is not_understood), make.__name__
    print(f"{recorded} recorded models and 18 made up are equal")


if __name__ == "__main__":
    main(*sys.argv[1:])
