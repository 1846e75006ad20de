// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { describe, idIn, summary } from "../../static/differences.js";

const box = (xmax, zmin = 0) => ({ xmin: 0, xmax, ymin: 0, ymax: 30, zmin, zmax: zmin + 5 });
const lid = (more) => ({ id: "/Group/lid", name: "lid", color: "#e8b024", visible: true, box: box(20), volume: 3000, ...more });
const REPORT = { from: { name: "Group" }, to: { name: "Other" } };

test("what differs is told in words, with sizes, volumes and distances", () => {
    const part = {
        class: "changed",
        differs: ["shape", "place", "colour", "visible"],
        from: lid(),
        to: lid({ box: box(26, 4), volume: 3600, color: "#112233", visible: false })
    };
    assert.deepEqual(describe(part), [
        "lid",
        "shape 20 × 30 × 5 → 26 × 30 × 5 mm 3,000 mm³ → 3,600 mm³; place by 3, 0, 4 mm; " +
            "colour #e8b024 → #112233; visible → hidden"
    ]);
});

test("what has no other side, no box or the same figures is told without them", () => {
    assert.deepEqual(describe({ class: "added", id: "/Group/lid", differs: [], from: null, to: lid({ name: "" }) }), ["/Group/lid", ""]);
    const turned = { class: "moved", differs: ["place", "shape"], from: lid({ box: undefined }), to: lid() };
    assert.deepEqual(describe(turned), ["lid", "place; shape"]);
    const renamed = { class: "renamed", differs: ["name"], from: lid({ id: "/Group/old" }), to: lid() };
    assert.deepEqual(describe(renamed), ["lid", "was /Group/old"]);
});

test("a part is found in each picture by its id there", () => {
    const moved = { class: "moved", from: lid(), to: lid({ id: "/Other/lid" }) };
    assert.deepEqual(["from", "both", "to"].map((view) => idIn(REPORT, moved, view)), ["/Group/lid", "/compare/moved/lid", "/Other/lid"]);
    const removed = { class: "removed", from: lid(), to: null };
    assert.deepEqual(["both", "to"].map((view) => idIn(REPORT, removed, view)), ["/compare/removed/lid", null]);
    const alone = { class: "added", from: null, to: lid({ id: "/Other" }) };
    assert.equal(idIn(REPORT, alone, "both"), "/compare/added");
});

test("the counts are one line", () => {
    const counts = { changed: 1, moved: 0, same: 40 };
    assert.equal(summary({ same: false, counts, left_out: 3 }), "1 changed, 40 same. 3 of them are not listed.");
    assert.equal(summary({ same: true, counts: { changed: 0, same: 2 } }), "Nothing differs: 2 same.");
});
