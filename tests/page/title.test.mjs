// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { createTitle, nameOf } from "../../static/title.js";

const shapes = (name, ...parts) => ({ name, parts: parts.map((part) => ({ name: part })) });

test("a model is called by its own name or by its parts", () => {
    assert.equal(nameOf(shapes("Group", "plate")), "plate");
    assert.equal(nameOf(shapes("Group", "a", "b")), "a, b");
    assert.equal(nameOf(shapes("Group", "a", "b", "c", "d")), "a, b, c, …");
    assert.equal(nameOf(shapes("robot", "arm", "leg")), "robot");
});

test("the title says what is shown, where, and if the connection is lost", () => {
    const icon = { href: "http://x/static/icon.svg" };
    global.document = { title: "", querySelector: () => icon };
    const title = createTitle("default");
    assert.equal(document.title, "default – cadcast");
    title.show("plate");
    assert.equal(document.title, "plate – default – cadcast");
    title.state("waiting");
    assert.equal(document.title, "● offline – plate – default – cadcast");
    assert.match(icon.href, /^data:image\/svg/);
    title.state("live");
    assert.equal(icon.href, "http://x/static/icon.svg");
    title.show("");
    assert.equal(document.title, "default – cadcast");
    title.show("x".repeat(200));
    assert.equal(document.title.length, 60 + " – default – cadcast".length);
});
