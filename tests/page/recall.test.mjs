// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createRecall } from "../../static/recall.js";

const VIEW = { position: [1, 0, 0], quaternion: [0, 0, 0, 1], target: [0, 0, 0], zoom: 1 };
const model = (config = {}) => ({ config, data: { shapes: { bb: null } } });
let storage;

beforeEach(() => {
    storage = new Map();
    global.sessionStorage = {
        getItem: (key) => storage.get(key) ?? null,
        setItem: (key, value) => storage.set(key, value)
    };
});

const create = () => createRecall({ session: "s", collectStates: () => ({}) });

test("the first model of a window starts with its own camera", () => {
    const recall = create();
    assert.equal(recall.configFor(model({ resetCamera: "keep" }), "a").resetCamera, "reset");
    recall.drawn("a");
    assert.equal(recall.configFor(model({ resetCamera: "keep" }), "b").resetCamera, "keep");
});

test("a model that this window drew before a reload gets its camera back, once", () => {
    create().drawn("a");
    const reloaded = create();
    reloaded.expect(VIEW);
    assert.deepEqual(reloaded.configFor(model(), "a").position, [1, 0, 0]);
    reloaded.drawn("a");
    assert.equal(reloaded.configFor(model(), "a").position, undefined);
});

test("the first view that is expected counts", () => {
    create().drawn("a");
    const recall = create();
    recall.expect(VIEW);
    recall.expect({ ...VIEW, zoom: 9 });
    assert.equal(recall.configFor(model(), "a").zoom, 1);
});

test("settings that are repeated after it do not move the camera; later ones do", () => {
    create().drawn("a");
    const recall = create();
    recall.expect(VIEW);
    recall.configFor(model(), "a");
    recall.drawn("a");
    assert.deepEqual(recall.settings({ zoom: 5, axes: true }), { axes: true });
    recall.replayed();
    assert.deepEqual(recall.settings({ zoom: 5 }), { zoom: 5 });
});

test("a forgotten view restores nothing", () => {
    create().drawn("a");
    const recall = create();
    recall.expect(VIEW);
    recall.forget();
    assert.equal(recall.configFor(model(), "a").position, undefined);
});

test("without storage the window still knows what it drew itself", () => {
    const forbidden = () => {
        throw new Error("forbidden");
    };
    global.sessionStorage = { getItem: forbidden, setItem: forbidden };
    const recall = create();
    recall.drawn("a");
    recall.expect(VIEW);
    assert.deepEqual(recall.configFor(model(), "a").position, [1, 0, 0]);
});
