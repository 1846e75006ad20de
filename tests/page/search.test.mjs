// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { allPaths, alone, findParts, isShown, shown } from "../../static/search.js";

const STATES = { "/robot/arm/bolt": [1, 1], "/robot/arm/plate": [0, 1], "/robot/arm2": [1, 3] };
const PATHS = allPaths(Object.keys(STATES));
const same = (path) => path;

test("groups are among what can be found", () => {
    assert.deepEqual(PATHS, ["/robot", "/robot/arm", "/robot/arm/bolt", "/robot/arm/plate", "/robot/arm2"]);
});

test("all words must occur, one of them in the last name", () => {
    assert.deepEqual(findParts(PATHS, "ARM", same), ["/robot/arm", "/robot/arm2"]);
    assert.deepEqual(findParts(PATHS, "arm bol", same), ["/robot/arm/bolt"]);
    assert.deepEqual(findParts(PATHS, "robot", same), ["/robot"]);
    assert.deepEqual(findParts(PATHS, "  ", same), []);
    const real = (path) => path.replace("_", "/");
    assert.deepEqual(findParts(["/group/R1_10k"], "r1/10k", real), ["/group/R1_10k"]);
    assert.equal(findParts(Array.from({ length: 900 }, (_, each) => `/p${each}`), "p", same).length, 50);
});

test("a group is shown alone, and what has a similar name is not part of it", () => {
    assert.deepEqual(alone(STATES, "/robot/arm"),
        { "/robot/arm/bolt": [1, 1], "/robot/arm/plate": [1, 1], "/robot/arm2": [0, 3] });
});

test("hiding a part leaves the others as they are", () => {
    assert.deepEqual(shown(STATES, "/robot/arm", false),
        { "/robot/arm/bolt": [0, 0], "/robot/arm/plate": [0, 0], "/robot/arm2": [1, 3] });
    assert.equal(isShown(STATES, "/robot/arm"), true);
    assert.equal(isShown(shown(STATES, "/robot/arm", false), "/robot/arm"), false);
});

test("all parts are shown again", () => {
    assert.deepEqual(Object.values(shown(alone(STATES, "/robot/arm"), "", true)), [[1, 1], [1, 1], [1, 3]]);
});
