# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Damaged files, and those that are made to do harm: each gets its line or its picture, and the program an end of its
own. CADCAST_MUTATIONS is how many of each kind are tried (500 before a release, and then a file is cut off at every
hundredth of it)."""
import base64
import io
import json
import os
import random
import struct
import zipfile

import pytest
from importing import IMPORTER, SANITIZED, import_folder, run_import
from measure_helper import ROOT
from mesh_files import glb, gltf, mesh_xml, obj, ply, sparse, stl, threemf
from slow import SLOW
from test_import_meshes import FILES as MESHES

pytestmark = [pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange"), pytest.mark.abuse]
FILES = {path.name: path.read_bytes() for path in sorted((ROOT / "tests" / "data" / "import").iterdir())} | MESHES | {
    "sparse.gltf": sparse(True)}
MUTATIONS = int(os.environ.get("CADCAST_MUTATIONS", "2" if SANITIZED else "10"))
CUTS = 100 if MUTATIONS >= 500 else 3
LIMITS = ("--memory", str(3 << 30), "--time", str(int(5 * SLOW)), "--max-output", str(1 << 30))


def check(data, name, *limits):
    got = run_import(data, *LIMITS, *limits, name=name)
    assert got.whole and got.status in (0, 1), (got.status, got.errors[-500:])
    assert (got.done is None) == (got.status == 1) and (got.error is None) == (got.status == 0)
    if got.error is not None:
        assert got.error.startswith(name) and len(got.error) < 400 and "\n" not in got.error, got.error
    return got


def mutated(data, chance):
    """The file with some bytes changed, removed, repeated or put elsewhere; numbers of text become others."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at, size = chance.randrange(len(data)), chance.choice((1, 1, 2, 4, 30))
        kind = chance.randrange(6)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at:at + size] = bytes(chance.randrange(256) for _ in range(size))
        elif kind == 2:
            del data[at:at + size]
        elif kind == 3:
            data[at:at] = data[chance.randrange(len(data)):][:size]
        elif kind == 4:
            data[at:at + size] = chance.choice((b"\xff" * size, b"\0" * size, b"-1", b"99999999999", b"1e999", b"$", b"#1"))
        else:
            digits = [place for place in range(len(data)) if 48 <= data[place] <= 57] or [at]
            data[chance.choice(digits)] = chance.randrange(48, 58)
        if not data:
            return b"x"
    return bytes(data)


@pytest.mark.parametrize("name", FILES)
def test_changed_files(name):
    chance = random.Random(f"{name} {os.environ.get('CADCAST_SEED', '7')}")
    for number in range(MUTATIONS):
        data = mutated(FILES[name], chance)
        try:
            check(data, name)
        except Exception:
            kept = os.environ.get("CADCAST_KEEP")
            if kept:
                with open(f"{kept}/{number}-{name}", "wb") as file:
                    file.write(data)
            raise


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_cut_off(name):
    data = FILES[name]
    for part in range(CUTS):
        begun = data[:len(data) * part // CUTS]
        got = check(begun, name)
        # A name that is cut off is a name.
        assert got.error is not None or name.endswith((".obj", ".iges")) or b"\nendsolid" in begun, part


def test_changed_materials(tmp_path):
    """Of an OBJ file, whose own reader takes their names and numbers."""
    mtl = b"# made by hand\nnewmtl red one\nKd 1 0 0\nd 0.5\nnewmtl \xc3\xa4\nKa 0 0 0\nKd .1 1e-1 0.5 # blue\nTr 0.25\nmap_Kd x.png\n"
    (tmp_path / "x.obj").write_bytes(obj("mtllib x.mtl\n", ["usemtl red one\nf 1 2 3", "usemtl \xe4\nf 4 5 6"]))
    chance = random.Random(os.environ.get("CADCAST_SEED", "7"))
    for _ in range(MUTATIONS):
        (tmp_path / "x.mtl").write_bytes(mutated(mtl, chance))
        got = import_folder(tmp_path, "x.obj")
        assert got.whole and got.status == 0 and got.done["triangles"] == 2, (got.error, got.errors[-500:])


# ---- made to do harm ----


EMBEDDED = "data:;base64," + base64.b64encode(gltf()[1]).decode()


def gltf_of(uri=EMBEDDED, **more):
    return json.dumps(gltf(uri, **more)[0]).encode()


def promising(data, size):
    """A 3MF file whose largest file is said to be of that size."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        largest = max(each.file_size for each in archive.infolist())
    assert data.count(struct.pack("<I", largest)) == 2
    return data.replace(struct.pack("<I", largest), struct.pack("<I", size))


def step_of(*lines):
    return b"ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\nDATA;\n" + "\n".join(lines).encode() + \
        b"\nENDSEC;\nEND-ISO-10303-21;\n"


def one_in_itself():
    """The assembly is a part of its own part."""
    lines, found = FILES["assembly.step"].split(b";\n"), 0
    for at, line in enumerate(lines):
        if b"=NEXT_ASSEMBLY_USAGE_OCCURRENCE(" in line.replace(b" ", b"").replace(b"\n", b""):
            head, _, rest = line.rpartition(b"#")
            first = head.rpartition(b"#")[2].split(b",")[0]
            lines[at] = head + b"#" + first + rest[len(rest) - len(rest.lstrip(b"0123456789")):]
            found += 1
    assert found > 0
    return b";\n".join(lines)


HUGE = 2_000_000_000
HARM = {
    # heads that promise 2 GB
    "huge.stl": stl(count=HUGE // 50),
    "huge.ply": ply("binary_little_endian").replace(b"vertex 8", b"vertex %d" % HUGE),
    "list.ply": ply("binary_little_endian").replace(b"uchar int", b"uint int").replace(b"\x04\0\0\0\0\x02", b"\xff\xff\xff\x7f\0\x02"),
    "huge.glb": glb()[:8] + struct.pack("<I", HUGE) + glb()[12:],
    "chunk.glb": glb()[:12] + struct.pack("<I", HUGE) + glb()[16:],
    "count.gltf": gltf_of(accessors=[{"bufferView": 0, "componentType": 5126, "count": HUGE, "type": "VEC3"}]),
    "length.gltf": gltf_of(bufferViews=[{"buffer": 0, "byteLength": HUGE}]),
    "zeros.gltf": sparse(False).replace(b'"count": 8', b'"count": %d' % HUGE),
    "huge.3mf": promising(threemf(), HUGE),
    "number.obj": obj(faces=[f"f 1 2 {HUGE}"]),
    "shapes.brep": FILES["text.brep"].replace(b"TShapes ", b"TShapes %d" % (HUGE // 100)),
    "curves.brep": FILES["text.brep"].replace(b"Curves ", b"Curves %d" % (HUGE // 100)),
    # what contains itself, or is nested without end
    "circle.gltf": gltf_of(nodes=[{"children": [1]}, {"children": [0]}]),
    "json.gltf": b'{"asset":' + b'{"a":[' * 100_000,
    "circle.3mf": threemf('<object id="1"><components><component objectid="2"/></components></object>'
                          '<object id="2"><components><component objectid="1"/></components></object>'),
    "million.3mf": threemf("".join(f'<object id="{n + 2}"><components>{f"""<component objectid="{n + 1}"/>""" * 10}</components></object>'
                                   for n in range(12)) + f'<object id="1">{mesh_xml()}</object>', '<item objectid="13"/>'),
    "xml.3mf": threemf("<a>" * 100_000),
    "itself.step": one_in_itself(),
    "shell.step": step_of("#1=CLOSED_SHELL('',(#1));", "#2=MANIFOLD_SOLID_BREP('',#1);", "#3=MANIFOLD_SOLID_BREP('',#3);"),
    "lists.step": step_of("#1=CARTESIAN_POINT('',(" + "(" * 100_000 + "));"),
    # names of files elsewhere
    "up.gltf": gltf_of(uri="../box.bin"),
    "escaped.gltf": gltf_of(uri="..%2f%2e%2e%2fetc%2fpasswd"),
    "root.gltf": gltf_of(uri="/etc/passwd"),
    "address.gltf": gltf_of(uri="file:///etc/passwd"),
    "web.gltf": gltf_of(uri="http://127.0.0.1/x.bin"),
    "up.3mf": threemf('<object id="1"><components><component path="/../../etc/passwd" objectid="7"/></components></object>'),
    "slip.3mf": threemf(files={"../../../tmp/cadcast-slipped": "x"}),
}
# The kernel does not see the end of this one.
ENDLESS = "curves.brep"


@pytest.mark.parametrize("name", HARM)
def test_files_that_are_made_to_do_harm(name):
    got = check(HARM[name], name, *(("--time", "1") if name == ENDLESS else ()))
    assert (got.error is None) == (name == "slip.3mf"), got.done
    assert ("takes longer than is allowed" in (got.error or "")) == (name == ENDLESS), got.error


@pytest.mark.parametrize("where", ["../x.mtl", "/etc/passwd", "file:///etc/passwd", "a/../../x.mtl"])
def test_materials_elsewhere_are_not_opened(where, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "x.mtl").write_text("newmtl red\nKd 1 0 0\n")
    (tmp_path / "in" / "x.obj").write_bytes(obj(f"mtllib {where}\nusemtl red\n"))
    (tmp_path / "in" / "link.mtl").symlink_to(tmp_path / "x.mtl")
    got = import_folder(tmp_path / "in", "x.obj")
    assert got.status == 0 and got.notices == [f"its materials are missing: {where} is not beside it"]
    (tmp_path / "in" / "x.obj").write_bytes(obj("mtllib link.mtl\n"))
    assert import_folder(tmp_path / "in", "x.obj").notices == ["its materials are missing: link.mtl is not beside it"]


@pytest.mark.parametrize("text", [b"/etc/passwd", b"../x.step", b"file:///etc/passwd"])
def test_other_files_are_not_opened(text):
    """A STEP file that says its part is in another file."""
    step = FILES["assembly.step"]
    other = b"""#9001=DOCUMENT_FILE('%s','','',#9002,'','');
#9002=DOCUMENT_TYPE('geometry');
#9003=APPLIED_EXTERNAL_IDENTIFICATION_ASSIGNMENT('%s',#9004,#9005,(#9001));
#9004=IDENTIFICATION_ROLE('external document id and location',$);
#9005=EXTERNAL_SOURCE(IDENTIFIER(''));
ENDSEC;
END-ISO""" % (text, text)
    got = check(step.replace(b"ENDSEC;\nEND-ISO", other), "assembly.step")
    assert got.done["shapes"] == 3
