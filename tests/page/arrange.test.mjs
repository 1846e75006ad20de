// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { arrange, isRemovable, keepWanted, loadWanted } from "../../static/arrange.js";

const SESSIONS = [
    { name: "default", models: ["plate"], when: 10, bytes: 5, browsers: 1 },
    { name: "gear", models: ["sun", "planet"], when: 30, bytes: 1, browsers: 0 },
    { name: "arm", models: null, when: 0, bytes: 9, browsers: 0 }
];
const names = (more) => arrange(SESSIONS, { sort: "name", pinned: [], text: "", ...more }).map(({ name }) => name);
let kept;
beforeEach(() => {
    kept = null;
    global.localStorage = { getItem: () => kept, setItem: (_, value) => (kept = value) };
});

test("sessions are sorted as was chosen, pinned ones first", () => {
    assert.deepEqual(names({}), ["default", "arm", "gear"]);
    assert.deepEqual(names({ sort: "shown" }), ["gear", "default", "arm"]);
    assert.deepEqual(names({ sort: "size", pinned: ["gear"] }), ["gear", "arm", "default"]);
    const forAll = SESSIONS.map((session) => ({ ...session, pinned: session.name === "gear" }));
    const wanted = { sort: "size", pinned: ["default"], text: "" };
    assert.deepEqual(arrange(forAll, wanted).map(({ name }) => name), ["default", "gear", "arm"]);
});

test("the search looks at sessions and at what they show", () => {
    assert.deepEqual(names({ text: "PLAN" }), ["gear"]);
    assert.deepEqual(names({ text: "a r" }), ["arm", "gear"]);
    assert.deepEqual(names({ text: "nothing" }), []);
});

test("the default session and one that a browser shows stay", () => {
    assert.deepEqual(SESSIONS.filter(isRemovable).map(({ name }) => name), ["gear", "arm"]);
});

test("sorting and pins are kept, what is searched for is not", () => {
    keepWanted({ sort: "size", pinned: ["arm"], text: "x" });
    assert.deepEqual(loadWanted(), { sort: "size", pinned: ["arm"], text: "" });
    for (const odd of ["{", "7", '{"sort":"x","pinned":1}', null]) {
        kept = odd;
        assert.deepEqual(loadWanted(), { sort: "name", pinned: [], text: "" });
    }
});
