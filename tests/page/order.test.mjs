// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { createOrder } from "../../static/order.js";

/** An order whose models take as long as the test wants; `done` lists what took effect. */
function setUp() {
    const done = [];
    const failed = [];
    const open = new Map();
    const handle = (message, signal) => {
        if (message.type !== "model") {
            done.push(message.name ?? message.type);
            return undefined;
        }
        return new Promise((resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
            open.set(message.name, { resolve: () => resolve(done.push(message.name)), reject });
        });
    };
    const report = (error, message) => failed.push([message.name ?? message.type, error.message]);
    return { ...createOrder({ handle, report }), done, failed, open };
}

const model = (name) => ({ type: "model", name });
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a message takes effect inside the event that brought it", () => {
    const order = setUp();
    order.push({ type: "ui" });
    assert.deepEqual(order.done, ["ui"]);
});

test("what comes after a model waits for it", async () => {
    const order = setUp();
    order.push(model("a"));
    order.push({ type: "ui" });
    await settled();
    assert.deepEqual(order.done, []);
    order.open.get("a").resolve();
    await settled();
    assert.deepEqual(order.done, ["a", "ui"]);
});

test("a newer model drops an older one and all that was meant for it", async () => {
    const order = setUp();
    order.push(model("a"));
    order.push({ type: "ui" });
    order.push(model("b"));
    await settled();
    order.open.get("b").resolve();
    await settled();
    assert.deepEqual(order.done, ["b"]);
    assert.deepEqual(order.failed, [], "an aborted model is no failure");
});

test("a screenshot of the older model is taken before the newer one is drawn", async () => {
    const order = setUp();
    order.push(model("a"));
    order.push({ type: "screenshot" });
    order.push(model("b"));
    order.open.get("a").resolve();
    await settled();
    order.open.get("b").resolve();
    await settled();
    assert.deepEqual(order.done, ["a", "screenshot", "b"]);
});

test("a view to restore outlives the model that replaces what waits", async () => {
    const order = setUp();
    order.push(model("a"));
    order.push({ type: "restore" });
    order.push(model("b"));
    await settled();
    order.open.get("b").resolve();
    await settled();
    assert.deepEqual(order.done, ["restore", "b"]);
});

test("what the page does not know is handled, whatever replaces the model before it", async () => {
    const order = setUp();
    order.push(model("a"));
    order.push({ type: "hologram" });
    order.push(["no type"]);
    order.push({ type: "ui" });
    order.push(model("b"));
    await settled();
    order.open.get("b").resolve();
    await settled();
    assert.deepEqual(order.done, ["hologram", undefined, "b"]);
});

test("what lies behind the last screenshot is replaced as ever", async () => {
    const order = setUp();
    order.push(model("a"));
    order.push({ type: "ui" });
    order.push({ type: "screenshot" });
    order.push(model("b"));
    order.push({ type: "animation" });
    order.push(model("c"));
    order.open.get("a").resolve();
    await settled();
    order.open.get("c").resolve();
    await settled();
    assert.deepEqual(order.done, ["a", "ui", "screenshot", "c"]);
});

test("a message that fails is reported, and the next one is handled", async () => {
    const order = setUp();
    order.push(model("a"));
    order.push({ type: "ui" });
    order.open.get("a").reject(new Error("cut"));
    await settled();
    assert.deepEqual(order.failed, [["a", "cut"]]);
    assert.deepEqual(order.done, ["ui"]);
});

test("a lost connection drops everything, and what comes on the next one is handled", async () => {
    const order = setUp();
    order.push(model("a"));
    order.push({ type: "ui" });
    order.push({ type: "screenshot" });
    order.push({ type: "hologram" });
    order.drop();
    await settled();
    // What this page does not know does not come again.
    assert.deepEqual(order.done, ["hologram"]);
    assert.deepEqual(order.failed, []);
    order.push({ type: "clear" });
    assert.deepEqual(order.done, ["hologram", "clear"]);
});
