// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { forPanel, withoutFigures } from "../../static/panels.js";

const answer = (shape, geometry) => ({
    type: "backend_response",
    tool_type: "PropertiesMeasurement",
    shape_type: shape,
    geom_type: geometry,
    result: [{ center: [1, 2, 3], radius: 4 }, { area: 5 }, { bb: { center: [0, 0, 0] } }]
});

test("the center of a flat or round face is called what it is: its surface's origin", () => {
    for (const geometry of ["Plane", "Cylinder", "Cone"]) {
        const given = answer("Face", geometry);
        const { result } = forPanel(given);
        assert.deepEqual(Object.entries(result[0]), [["origin", [1, 2, 3]], ["radius", 4]]);
        assert.deepEqual(result.slice(1), given.result.slice(1));
        assert.deepEqual(given, answer("Face", geometry));
    }
});

test("a center that is one keeps its name", () => {
    for (const [shape, geometry] of [["Face", "Sphere"], ["Face", "Torus"], ["Edge", "Circle"], ["Solid", "Other"]]) {
        const given = answer(shape, geometry);
        assert.equal(forPanel(given), given);
    }
    const failed = { type: "backend_response", error: "no" };
    assert.equal(forPanel(failed), failed);
});

test("of a status line with figures of the mesh the kind is left", () => {
    assert.equal(withoutFigures("plane: area ≈ 1087.09"), "plane");
    assert.equal(withoutFigures("copied: 1, 2, 3"), "copied: 1, 2, 3");
    assert.equal(withoutFigures("vertex: (1.00, 2.00, 3.00)"), "vertex: (1.00, 2.00, 3.00)");
});
