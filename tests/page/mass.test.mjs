// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { massOf, ofTriangles, onMesh } from "../../static/mass.js";

// A tetrahedron with edges of 1, 2 and 3 at a right angle, away from the origin.
const POINTS = new Float32Array([5, 5, 5, 6, 5, 5, 5, 7, 5, 5, 5, 8]);
const CORNERS = [0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3];
const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-6, `${found} is not ${wanted}`);

test("triangles enclose a volume, wherever they are and whichever side is outside", () => {
    const { volume, area } = ofTriangles(POINTS, CORNERS);
    near(volume, 1);
    near(area, (2 + 3 + 6 + 7) / 2);
    near(ofTriangles(POINTS, CORNERS.toReversed()).volume, 1);
});

test("parts count where they are used, and only solids have a volume", () => {
    const shapeGeometry = { attributes: { position: { array: POINTS } }, index: { array: CORNERS } };
    const groups = {
        "/g": {},
        "/g/a": { shapeGeometry, subtype: "solid" },
        "/g/b": { shapeGeometry, subtype: "solid" },
        "/g/face": { shapeGeometry, subtype: "face" },
        "/gg": { shapeGeometry, subtype: "solid" }
    };
    const viewer = { rendered: { nestedGroup: { groups } } };
    near(onMesh(viewer, "/g").volume, 2);
    near(onMesh(viewer, "/g").area, 27);
    assert.equal(onMesh(viewer, "/g/face").volume, null);
});

test("a mass is in grams, kilograms or pounds", () => {
    assert.equal(massOf(1000, 7.85, "mm"), "7.85 g");
    assert.equal(massOf(1e6, 7.85, "cm"), "7.85 kg");
    assert.equal(massOf(453592.37, 1, "in"), "1 lb");
});
