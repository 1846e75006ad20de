// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { restored, withoutView } from "../../static/view.js";

const VIEW = {
    position: [10, 0, 0],
    quaternion: [0, 0, 0, 1],
    target: [0, 0, 0],
    zoom: 2,
    states: { "/a": [0, 1], "/gone": [1, 1] },
    tab: "clip",
    black_edges: true,
    clip_normal_0: { x: 1, y: 0, z: 0 }
};
const BOX = { xmin: 0, ymin: 0, zmin: 0, xmax: 2, ymax: 2, zmax: 2 };
const restore = (config, more) =>
    restored(config, { view: VIEW, same: true, bb: BOX, known: { "/a": [1, 1] }, ...more });

test("the same model gets camera, tree and clipping back", () => {
    const result = restore({ resetCamera: "keep", edgeColor: "#fff" });
    assert.deepEqual(result.position, VIEW.position);
    assert.equal(result.zoom, 2);
    assert.equal(result.resetCamera, "reset", "the camera is set and not kept");
    assert.deepEqual(result.states, { "/a": [0, 1] }, "parts that are gone are left out");
    assert.equal(result.tab, "clip");
    assert.equal(result.blackEdges, true);
    assert.deepEqual(result.clipNormal0, [1, 0, 0], "a reported vector becomes a list");
    assert.equal(result.edgeColor, "#fff");
});

test("what has edges alone in one of two models keeps the state that it comes with", () => {
    const states = (reported, known) =>
        restore({}, { view: { ...VIEW, states: { "/a": reported } }, known: { "/a": known } }).states;
    assert.deepEqual(states([3, 1], [1, 1]), { "/a": [1, 1] });
    assert.deepEqual(states([3, 0], [1, 1]), { "/a": [1, 0] });
    assert.deepEqual(states([0, 0], [3, 1]), { "/a": [3, 0] });
});

test("another model keeps the direction and takes a distance of its own", () => {
    const result = restore({ resetCamera: "keep" }, { same: false });
    const [x, y, z] = result.position;
    assert.ok(x > 0 && y === 0 && z === 0);
    assert.ok(Math.abs(x - 2.5 * Math.hypot(2, 2, 2)) < 1e-9);
    assert.equal(result.blackEdges, undefined, "clipping and the like would hide parts of it");
});

test("another model that asks for a centred camera gets it around its middle", () => {
    const result = restore({ resetCamera: "center" }, { same: false });
    assert.deepEqual(result.target, [1, 1, 1]);
});

test("another model that asks for a fresh camera gets it", () => {
    assert.equal(restore({ resetCamera: "reset" }, { same: false }).position, undefined);
});

test("a view without a whole camera restores the rest", () => {
    for (const broken of [{ zoom: 0 }, { position: [1, 2] }, { target: [NaN, 0, 0] }]) {
        const result = restore({}, { view: { ...VIEW, ...broken } });
        assert.equal(result.position, undefined);
        assert.equal(result.tab, "clip");
    }
});

test("settings of another model win over the view's tree and tab", () => {
    const result = restore({ states: { "/a": [1, 0] }, tab: "tree" }, { same: false });
    assert.deepEqual(result.states, { "/a": [1, 0] });
    assert.equal(result.tab, "tree");
});

test("repeated settings lose what the view decides", () => {
    assert.deepEqual(withoutView({ zoom: 1, tab: "x", axes: true }), { axes: true });
});
