// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import test from "node:test";

import { archive, arrange } from "../../static/archive.js";

const listed = (names) => arrange(names.map((path) => ({ path, file: path }))).map(({ path }) => path);

test("models come to the top, and what lies beside them keeps its path", () => {
    assert.deepEqual(listed(["a.step", "b.stl"]), ["a.step", "b.stl"]);
    assert.deepEqual(listed(["car/car.obj", "car/car.mtl", "car/maps/red.png"]), ["car.obj", "car.mtl", "maps/red.png"]);
    assert.deepEqual(listed(["x/a.step", "x/y/a.step", "x/notes.txt"]), ["a.step", "2-a.step", "notes.txt"]);
    assert.deepEqual(listed(["g/gltf/m.gltf", "g/gltf/m.bin", "g/readme"]), ["m.gltf", "m.bin", "readme"]);
});

test("tar reads the archive", async () => {
    const long = `${"folder/".repeat(20)}part.step`;
    const files = { "a.step": "abc", "größe.bin": "x".repeat(1000), [long]: "", "block.stl": "y".repeat(512) };
    const blob = archive(Object.entries(files).map(([path, text]) => ({ path, file: new Blob([text]) })));
    const input = Buffer.from(await blob.arrayBuffer());
    assert.equal(input.length % 512, 0);
    const names = execFileSync("tar", ["--quoting-style=literal", "-tf", "-"], { input }).toString().trim().split("\n");
    assert.deepEqual(names, Object.keys(files));
    for (const [path, text] of Object.entries(files)) {
        assert.equal(execFileSync("tar", ["-xOf", "-", path], { input }).toString(), text);
    }
});
