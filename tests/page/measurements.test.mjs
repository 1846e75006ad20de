// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createMeasurements, rowOf } from "../../static/measurements.js";
import { toCsv, toText } from "../../static/table.js";

const ANSWER = {
    tool_type: "PropertiesMeasurement",
    shape_type: "Face",
    result: [{ center: [-5, 0, 1 / 3] }, { area: 48, "angle to XY": "90.000" }, { bb: { min: [0, 0, 0] } }]
};
let kept;
beforeEach(() => {
    kept = null;
    global.sessionStorage = { getItem: () => kept, setItem: (_, value) => (kept = value) };
});

test("a row has all that the answer says, and no flag of the question", () => {
    assert.deepEqual(rowOf(ANSWER, ["/box/faces/faces_0", false], "key"), {
        tool: "properties",
        of: "/box/faces/faces_0",
        values: [["center", "-5 0 0.333333333"], ["area", "48"], ["angle to XY", "90.000"], ["bb min", "0 0 0"]],
        points: [],
        model: "key"
    });
    const distance = { ...ANSWER, refpoint1: [0, 0, 0], refpoint2: [1, 2, 3] };
    assert.deepEqual(rowOf(distance, []).points, [[0, 0, 0], [1, 2, 3]]);
    assert.deepEqual(rowOf({ ...ANSWER, refpoint1: null, refpoint: [1, 2, Infinity] }, []).points, []);
    assert.equal(rowOf({ ...ANSWER, error: "no" }, []), null);
    assert.equal(rowOf({ tool_type: "x" }, []), null);
});

test("a row knows the model that it is of", () => {
    const list = createMeasurements("default");
    list.add(ANSWER, ["/a"], "model-1");
    list.add(ANSWER, ["/a"], "model-1");
    list.add(ANSWER, ["/a"], "model-2");
    assert.deepEqual(list.rows.map(({ model }) => model), ["model-1", "model-2"]);
});

test("the same again is no new row, and the list survives a reload", () => {
    let changes = 0;
    const list = createMeasurements("default");
    list.watch(() => (changes += 1));
    list.add(ANSWER, ["/a"]);
    list.add(ANSWER, ["/a"]);
    list.add(ANSWER, ["/b"]);
    assert.equal(list.rows.length, 2);
    assert.equal(changes, 2);
    assert.deepEqual(createMeasurements("default").rows, list.rows);
    list.clear();
    assert.deepEqual(createMeasurements("default").rows, []);
});

for (const odd of ["{", "7", '[1, {"values": 1}]', null]) {
    test(`odd contents of the storage are no rows: ${odd}`, () => {
        kept = odd;
        assert.deepEqual(createMeasurements("s").rows, []);
    });
}

test("a spreadsheet takes no part's name for a formula, and fields keep their commas", () => {
    const rows = [{ tool: "distance", of: '=HYPERLINK("x") – b', values: [["at", "1, 2"], ["z", "-5"]] }];
    assert.equal(toCsv(rows), "number,tool,of,quantity,value\r\n" +
        '1,distance,"\'=HYPERLINK(""x"") – b",at,"1, 2"\r\n' +
        '1,distance,"\'=HYPERLINK(""x"") – b",z,-5');
    assert.equal(toText(rows), 'distance of =HYPERLINK("x") – b\n  at: 1, 2\n  z: -5');
});
