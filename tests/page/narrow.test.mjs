// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { fitConfig, fittingWidth } from "../../static/narrow.js";

const OVER = { glass: true, tools: true, treeWidth: 240 };

test("the picture is no wider than its window", () => {
    assert.equal(fittingWidth(450, 390, OVER), 370);
    assert.equal(fittingWidth(880, 900, OVER), 880);
    assert.equal(fittingWidth(640, 700, { ...OVER, glass: false }), 440);
    assert.equal(fittingWidth(640, 700, { ...OVER, glass: false, tools: false }), 640);
});

test("in a small window the tree lies over the picture", () => {
    global.window = { innerWidth: 390, innerHeight: 844 };
    assert.equal(fitConfig({ glass: false }).glass, true);
    assert.deepEqual(fitConfig({ axes: true }), { axes: true });
    global.window = { innerWidth: 900, innerHeight: 640 };
    assert.equal(fitConfig({ glass: false }).glass, false);
});
