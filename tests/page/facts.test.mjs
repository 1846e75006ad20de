// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { factsOf, lengthIn, nodeOf, withUnit } from "../../static/facts.js";

const model = (name) =>
    JSON.parse(readFileSync(new URL(`../data/messages/${name}.msg`, import.meta.url), "utf8").slice(2)).data;

test("a box has six faces, twelve edges and twelve triangles", () => {
    assert.deepEqual(factsOf(model("box-model")), { parts: 1, faces: 6, edges: 12, triangles: 12, box: [1, 2, 3] });
});

test("parts that share their shape count each", () => {
    const { shapes, instances } = model("box-model");
    const part = shapes.parts[0];
    const twice = { shapes: { parts: [part, { parts: [part, part] }] }, instances };
    assert.deepEqual(factsOf(twice), { parts: 3, faces: 18, edges: 36, triangles: 36, box: null });
});

test("decoded arrays and lists for each face count the same", () => {
    const decoded = { triangles: new Uint32Array(36), face_types: new Uint32Array(6), edge_types: [0, 0] };
    const nested = { triangles: [[0, 1, 2], [0, 2, 3, 0, 3, 4]], face_types: [0, 0] };
    const of = (shape) => factsOf({ shapes: { parts: [{ shape }] } });
    assert.equal(of(decoded).triangles, 12);
    assert.equal(of(nested).triangles, 3);
    assert.equal(of(null).faces, 0);
});

test("lengths are shown in the unit that was chosen", () => {
    assert.equal(lengthIn("mm", 1234.5), "1,234.5");
    assert.equal(lengthIn("m", 1234.5), "1.2345");
    assert.equal(lengthIn("in", 25.4), "1");
    assert.equal(lengthIn("cm", 1 / 3), "0.033333");
});

test("areas and volumes are shown in powers of the unit, other quantities as they are", () => {
    assert.equal(lengthIn("in", 25.4 ** 3, 3), "1");
    global.localStorage = { getItem: () => "cm" };
    assert.equal(withUnit(["area", "1000"]), "10 cm²");
    assert.equal(withUnit(["volume", 2000]), "2 cm³");
    assert.equal(withUnit(["angle", "90.000"]), "90.000");
    assert.equal(withUnit(["length", "no answer"]), "no answer");
    global.localStorage = { getItem: () => "constructor" };
    assert.equal(withUnit(["distance", "1.5"]), "1.5 mm");
});

test("a part is found in its tree by its whole path", () => {
    const leaf = { id: "/g/ab" };
    const tree = { id: "/g", parts: [{ id: "/g/a", parts: [{ id: "/g/a/b" }] }, leaf] };
    assert.equal(nodeOf(tree, "/g"), tree);
    assert.equal(nodeOf(tree, "/g/ab"), leaf);
    assert.equal(nodeOf(tree, "/g/a/b").id, "/g/a/b");
    assert.equal(nodeOf(tree, "/g/x"), null);
});
