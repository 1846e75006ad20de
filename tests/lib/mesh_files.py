# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Files of triangles, written by hand: a box in every format that has meshes."""
import base64
import io
import json
import struct
import zipfile

# A box from (0, 0, 0) to (1, 2, 3), seen from outside.
POINTS = [(x, y, z) for z in (0, 3) for y in (0, 2) for x in (0, 1)]
QUADS = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
TRIANGLES = [each for a, b, c, d in QUADS for each in ((a, b, c), (a, c, d))]


def stl(triangles=TRIANGLES, points=POINTS, count=None):
    out = bytes(80) + struct.pack("<I", len(triangles) if count is None else count)
    for triangle in triangles:
        out += struct.pack("<12fH", 0, 0, 0, *(value for corner in triangle for value in points[corner]), 0)
    return out


def text_stl(name="part", triangles=TRIANGLES):
    lines = [f"solid {name}"]
    for triangle in triangles:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += ["vertex {} {} {}".format(*POINTS[corner]) for corner in triangle]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, f"endsolid {name}", ""]).encode()


def ply(form="ascii", color=False):
    head = ["ply", f"format {form} 1.0", "comment made by hand", f"element vertex {len(POINTS)}"]
    head += [f"property float {axis}" for axis in "xyz"] + (["property uchar red"] if color else [])
    head += [f"element face {len(QUADS)}", "property list uchar int vertex_indices", "end_header", ""]
    out = "\n".join(head).encode()
    if form == "ascii":
        lines = [" ".join(map(str, point)) + (" 255" if color else "") for point in POINTS]
        return out + "\n".join(lines + ["4 " + " ".join(map(str, quad)) for quad in QUADS]).encode()
    order = "<" if form == "binary_little_endian" else ">"
    for point in POINTS:
        out += struct.pack(order + "3f", *point) + (b"\xff" if color else b"")
    for quad in QUADS:
        out += struct.pack(order + "B4i", 4, *quad)
    return out


def obj(extra="", faces=None):
    lines = ["v {} {} {}".format(*point) for point in POINTS]
    lines += faces or [f"f {' '.join(f'{corner + 1}//1' for corner in quad)}" for quad in QUADS]
    return (extra + "\n".join(lines) + "\n").encode()


def gltf(uri=None, nodes=None, **more):
    indices = b"".join(struct.pack("<3H", *triangle) for triangle in TRIANGLES)
    # A metre has 1000 mm, and Y is upwards: (x, y, z) of the show is (x, z, -y).
    points = b"".join(struct.pack("<3f", x / 1000, z / 1000, -y / 1000) for x, y, z in POINTS)
    data = points + indices
    root = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": list(range(len(nodes or [0])))}],
        "nodes": nodes or [{"mesh": 0, "name": "block"}],
        "meshes": [{"name": "shape", "primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"name": "blue", "pbrMetallicRoughness": {"baseColorFactor": [0, 0.2158605, 1, 1]}}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": len(POINTS), "type": "VEC3"},
                      {"bufferView": 1, "componentType": 5123, "count": 3 * len(TRIANGLES), "type": "SCALAR"}],
        "bufferViews": [{"buffer": 0, "byteLength": len(points)},
                        {"buffer": 0, "byteOffset": len(points), "byteLength": len(indices)}],
        "buffers": [{"byteLength": len(data), **({"uri": uri} if uri else {})}], **more,
    }
    return root, data


def glb(**more):
    root, data = gltf(**more)
    text = json.dumps(root).encode()
    text += b" " * (-len(text) % 4)
    data += bytes(-len(data) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def sparse(base, **more):
    """A glTF in which a corner of the box is elsewhere, at (2, 2, 3), or all places but some are zeros."""
    root, data = gltf()
    places, values = struct.pack("<2H", 0, 7), struct.pack("<6f", 0, 0, 0, 0.002, 0.003, -0.002)
    accessor = root["accessors"][0]
    accessor["sparse"] = {"count": 2, "indices": {"bufferView": 2, "componentType": 5123}, "values": {"bufferView": 3}, **more}
    if not base:
        del accessor["bufferView"]
    for part in (places, values):
        root["bufferViews"].append({"buffer": 0, "byteOffset": len(data), "byteLength": len(part)})
        data += part
    root["buffers"][0] = {"byteLength": len(data), "uri": "data:;base64," + base64.b64encode(data).decode()}
    return json.dumps(root).encode()


RELATIONS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Target="/3D/3dmodel.model" Id="r0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>
</Relationships>"""


def mesh_xml():
    points = "".join('<vertex x="{}" y="{}" z="{}"/>'.format(*point) for point in POINTS)
    triangles = "".join('<triangle v1="{}" v2="{}" v3="{}"/>'.format(*triangle) for triangle in TRIANGLES)
    return f"<mesh><vertices>{points}</vertices><triangles>{triangles}</triangles></mesh>"


def threemf(resources=None, build='<item objectid="1"/>', unit="millimeter", files=None, method=zipfile.ZIP_DEFLATED):
    resources = resources or f'<object id="1" name="block &amp; &#x42;ox" type="model">{mesh_xml()}</object>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("_rels/.rels", RELATIONS)
        archive.writestr("3D/3dmodel.model", f"""<?xml version="1.0" encoding="UTF-8"?>
<model unit="{unit}" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">
<resources>{resources}</resources><build>{build}</build></model>""")
        for name, text in (files or {}).items():
            archive.writestr(name, text)
    return out.getvalue()
