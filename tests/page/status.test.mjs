// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { createStatus } from "../../static/status.js";

function setUp() {
    const sent = [];
    const status = createStatus({
        events: new Set(["lastPick"]),
        send: (changes) => sent.push({ ...changes })
    });
    return { ...status, sent };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("what changes within one turn is one report", async () => {
    const status = setUp();
    status.report({ zoom: 1 });
    status.report({ zoom: 2, tab: "tree" });
    assert.deepEqual(status.sent, []);
    await turn();
    assert.deepEqual(status.sent, [{ zoom: 2, tab: "tree" }]);
});

test("only what changed is reported", async () => {
    const status = setUp();
    const states = { "/a": [1, 1] };
    status.report({ zoom: 1, states });
    await turn();
    status.report({ zoom: 2, states });
    await turn();
    assert.deepEqual(status.sent.at(-1), { zoom: 2 });
});

test("a value that goes back within the turn is reported as it ends", async () => {
    const status = setUp();
    status.report({ zoom: 1 });
    await turn();
    status.report({ zoom: 2 });
    status.report({ zoom: 1 });
    await turn();
    assert.deepEqual(status.sent.at(-1), { zoom: 1 });
});

test("an event is sent at once and every time, with what waits", () => {
    const status = setUp();
    status.report({ zoom: 3 });
    status.report({ lastPick: "a" });
    status.report({ lastPick: "a" });
    assert.deepEqual(status.sent, [{ zoom: 3, lastPick: "a" }, { lastPick: "a" }]);
});

test("a side that forgot is told everything again", async () => {
    const status = setUp();
    status.report({ zoom: 1 });
    await turn();
    status.forget();
    status.report({ zoom: 1 });
    await turn();
    assert.deepEqual(status.sent, [{ zoom: 1 }, { zoom: 1 }]);
});
