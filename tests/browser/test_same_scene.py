# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""A model that came as a file of arrays and the same one that came as the kernel's text give the
same scene: what the renderer was handed, and what it made for the graphics card, byte for byte."""
import base64
import json

from conftest import message

MODELS = ["box-model", "assembly-model", "bracket-model", "zoo-model", "legacy-3.4-model", "demo"]

# Leaves a list of [where, kind, value] in window.scenes: one entry for every array, whose value is
# the SHA-256 of its bytes, and for everything else that the renderer was handed.
KEEP = """
    const found = [];
    const bytes = (array) => crypto.subtle
        .digest("SHA-256", new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice())
        .then((hash) => Array.from(new Uint8Array(hash)).join(","));
    const walk = (where, value) => {
        if (ArrayBuffer.isView(value)) {
            found.push([where, value.constructor.name, bytes(value)]);
        } else if (value !== null && typeof value === "object") {
            for (const key of Object.keys(value).sort()) {
                walk(`${where}/${key}`, value[key]);
            }
        } else {
            found.push([where, typeof value, value]);
        }
    };
    walk("shapes", viewer.shapes);
    let meshes = 0;
    viewer.nestedGroup.rootGroup.traverse((each) => {
        for (const [name, attribute] of Object.entries(each.geometry?.attributes ?? {})) {
            walk(`${each.name}/${name}`, attribute.array ?? attribute.data?.array);
        }
        if (each.geometry?.index) {
            walk(`${each.name}/index`, each.geometry.index.array);
        }
        meshes += each.geometry === undefined ? 0 : 1;
    });
    for (const entry of found) {
        entry[2] = await entry[2];
    }
    window.scenes = [...(window.scenes ?? []), found];
    return [found.filter(([, kind]) => kind.endsWith("Array")).length, meshes];
"""

# What differs between the two scenes; nothing of the arrays leaves the page but that.
COMPARE = """
    const [one, other] = window.scenes;
    const differences = one.length === other.length ? [] : [`${one.length} and ${other.length} entries`];
    for (let i = 0; i < Math.min(one.length, other.length); i++) {
        if (one[i][0] !== other[i][0] || one[i][1] !== other[i][1] ||
            one[i][2] !== other[i][2]) {
            differences.push(`${one[i][0]} (${one[i][1]}) and ${other[i][0]} (${other[i][1]})`);
        }
    }
    return differences;
"""


def show(daemon, viewer, name):
    viewer.page.evaluate("performance.clearMarks()")
    daemon.send(message(name))
    viewer.wait_frame()


def test_file_and_text_give_the_same_scene(daemon, viewer):
    daemon.start()
    viewer.open(daemon.url).live()
    viewer.expect_errors("Failed to load resource")
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    for number, name in enumerate(MODELS, 1):
        before = len(viewer.fetched_models())
        show(daemon, viewer, name)
        viewer.page.evaluate("window.scenes = []")
        arrays, meshes = viewer.call(KEEP)
        assert arrays > 0 and meshes > 0, name
        assert len(viewer.fetched_models()) == before + 1, "the file was not fetched: the text would be compared with itself"
        # Without the file the page asks for the text.
        viewer.page.route("**/models/*", refuse)
        show(daemon, viewer, name)
        assert len(asked) == number, "the file was fetched again: the text was not compared with anything"
        assert viewer.call(KEEP) == [arrays, meshes], name
        assert viewer.call(COMPARE) == [], name
        viewer.page.unroute("**/models/*")


def test_a_reload_transfers_no_model(daemon, viewer):
    """Too large for a browser's own cache of a private window, and the same after the reload."""
    payload = json.loads(message("bracket-model")[2:])
    count = 2_000_000
    payload["data"]["instances"][0]["uvs"] = {
        "shape": [count], "dtype": "float32", "codec": "b64",
        "buffer": base64.b64encode(bytes(range(200)) * (count // 50)).decode()}
    daemon.start()
    viewer.open(daemon.url).live()
    daemon.send(b"D:" + json.dumps(payload).encode())
    viewer.wait_frame()
    assert len(viewer.fetched_models()) == 1
    before = viewer.call(KEEP)
    viewer.page.wait_for_function("() => sessionStorage.getItem('cadcast-kept') !== null")
    first = viewer.call("return JSON.stringify(window.scenes[0])")
    viewer.page.reload()
    viewer.wait_frame()
    assert viewer.call(KEEP) == before
    assert viewer.fetched_models() == []
    assert viewer.call("return JSON.stringify(window.scenes[0])") == first
