// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { farthest } from "../../static/overlay.js";

test("a length stands at the place that is farthest out", () => {
    assert.deepEqual(farthest([[0, 1], [4, 4], [0, -2], [-3, 0]], [1, 1]), [4, 4]);
});
