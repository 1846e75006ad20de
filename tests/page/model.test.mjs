// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { parseModel, plainTree } from "../../static/model.js";

/** A model file (docs/model-format.md): header, JSON, zeros, arrays. */
function file(payload, data = new Uint8Array(0), { magic = "CADCAST1", version = 1 } = {}) {
    const json = new TextEncoder().encode(JSON.stringify(payload));
    const start = Math.ceil((16 + json.length) / 16) * 16;
    const bytes = new Uint8Array(start + data.length);
    const header = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode(magic));
    header.setUint32(8, version, true);
    header.setUint32(12, json.length, true);
    bytes.set(json, 16);
    bytes.set(data, start);
    return bytes.buffer;
}

const array = (dtype, offset, bytes) => ({ shape: [bytes / 4], dtype, offset, bytes });

test("arrays become views into the bytes of the file", () => {
    const data = new Uint8Array(new Float32Array([1, 2, 3, 0]).buffer);
    const buffer = file({ data: { instances: [{ vertices: array("float32", 0, 12) }] } }, data);
    const { vertices } = parseModel(buffer).data.instances[0];
    assert.ok(vertices instanceof Float32Array);
    assert.deepEqual([...vertices], [1, 2, 3]);
    assert.equal(vertices.buffer, buffer, "nothing is copied");
});

test("indices are viewed unsigned, as the renderer has them", () => {
    const data = new Uint8Array(16);
    assert.ok(parseModel(file({ a: array("int32", 0, 16) }, data)).a instanceof Uint32Array);
});

test("an array outside the file is refused", () => {
    for (const [offset, bytes] of [[0, 32], [32, 4], [-16, 4], [0, -4]]) {
        const buffer = file({ a: array("float32", offset, bytes) }, new Uint8Array(16));
        assert.throws(() => parseModel(buffer), /outside the file/);
    }
});

test("an unknown type of array is refused", () => {
    assert.throws(() => parseModel(file({ a: array("complex64", 0, 0) })), /unknown type complex64/);
});

test("what is no whole model file of this version is refused", () => {
    assert.throws(() => parseModel(new ArrayBuffer(0)), /not a model file/);
    assert.throws(() => parseModel(file({}, undefined, { magic: "CADCAST2" })), /not a model file/);
    assert.throws(() => parseModel(file({}, undefined, { version: 2 })), /unknown version 2/);
    assert.throws(() => parseModel(file({ long: "x".repeat(64) }).slice(0, 32)), /cut short/);
});

test("arrays deep in a tree are found", () => {
    let deep = { a: array("uint8", 0, 4) };
    for (let i = 0; i < 1000; i++) {
        deep = { parts: [deep] };
    }
    const model = parseModel(file(deep, new Uint8Array(16)));
    let at = model;
    while (at.parts !== undefined) {
        at = at.parts[0];
    }
    assert.ok(at.a instanceof Uint8Array);
});

test("a payload with a list of arrays becomes a plain tree, and another stays as it is", () => {
    const resolve = (shapes, instances) => ({ ...shapes, resolved: instances.length });
    const payload = { type: "data", data: { instances: [1, 2], shapes: { id: "/a" } } };
    assert.deepEqual(plainTree(payload, resolve), {
        type: "data",
        data: { shapes: { id: "/a", resolved: 2 } }
    });
    const plain = { type: "data", data: { shapes: {} } };
    assert.equal(plainTree(plain, resolve), plain);
});
