// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { isLegacy, translate } from "../../static/legacy.js";

test("settings without a version are those of an old client", () => {
    assert.ok(isLegacy({ black_edges: true }));
    assert.ok(!isLegacy({ _core_version: "1.1.2" }));
    assert.ok(!isLegacy(null));
    assert.ok(!isLegacy("text"));
});

test("snake case becomes camel case, digits too", () => {
    assert.deepEqual(translate({ black_edges: true, clip_slider_0: 2, axes0: true }), {
        blackEdges: true,
        clipSlider0: 2,
        axes0: true
    });
});

test("names that are others today are replaced", () => {
    const old = { default_edgecolor: "#fff", modifier_keys: {}, clip_planes: true };
    assert.deepEqual(translate(old), { edgeColor: "#fff", keymap: {}, clipPlaneHelpers: true });
});

test("values that are others today are replaced", () => {
    assert.deepEqual(translate({ orbit_control: true, reset_camera: "KEEP" }), {
        control: "orbit",
        resetCamera: "keep"
    });
    assert.equal(translate({ orbit_control: false }).control, "trackball");
});

test("names of the protocol stay, and a new name wins over its old one", () => {
    assert.deepEqual(translate({ _splash: true, black_edges: 1, blackEdges: 2 }), {
        _splash: true,
        blackEdges: 2
    });
});
