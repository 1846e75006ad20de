// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { viewFromHash, viewToHash } from "../../static/link.js";

const VIEW = {
    position: [1.23456789, 2, 3],
    quaternion: [0, 0, 0, 1],
    target: [0, 0, 0],
    zoom: 1.5,
    ortho: true,
    tab: "clip",
    states: { "/Größe/ü": [1, 0] }
};

test("a link brings back the view it was made of", () => {
    const { model, view } = viewFromHash(viewToHash("abc.bin", VIEW));
    assert.equal(model, "abc.bin");
    assert.deepEqual(view, { ...VIEW, position: [1.234568, 2, 3] });
});

test("what has nothing to do with the view is left out", () => {
    const { view } = viewFromHash(viewToHash("m", { ...VIEW, selected: ["x"], activeTool: "distance" }));
    assert.deepEqual(Object.keys(view), Object.keys(VIEW));
});

test("a link of a large tree has no states, and stays short", () => {
    const states = Object.fromEntries(Array.from({ length: 5000 }, (_, each) => [`/part${each}`, [1, 1]]));
    const hash = viewToHash("m", { ...VIEW, states });
    assert.ok(hash.length < 8000);
    assert.equal(viewFromHash(hash).view.states, undefined);
    assert.equal(viewFromHash(hash).view.zoom, 1.5);
});

test("values of other kinds in a link are not taken", () => {
    const odd = { zoom: "big", ortho: { a: 1 }, tab: "nonsense", states: { a: "x" }, position: ["a", 1, 2] };
    const text = btoa(JSON.stringify({ model: 7, view: odd }));
    assert.deepEqual(viewFromHash(`#view=${text}`), { model: "7", view: {} });
});

for (const hash of ["", "#", "#view=", "#view=%%%", "#view=bnVsbA", "#view=e30", "#other=1"]) {
    test(`"${hash}" is no link to a view`, () => assert.equal(viewFromHash(hash), null));
}
