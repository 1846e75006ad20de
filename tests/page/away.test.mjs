// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { createAway } from "../../static/away.js";

/** An element as far as these modules look at it. */
function fake(id) {
    return {
        id, options: [], children: [], dataset: {}, value: "", textContent: "", hidden: false, heard: {},
        addEventListener(type, run) {
            this.heard[type] = run;
        },
        append(...more) {
            this.children.push(...more);
        },
        replaceChildren(...more) {
            this.children = more;
            this.options = more.filter((each) => each instanceof Option);
        },
        remove() {},
        getAttribute: () => null,
        setAttribute() {},
        focus() {},
        insertBefore() {},
        contains: () => false,
        matches: () => false,
        hidePopover() {},
        showPopover() {}
    };
}

class Option {
    constructor(text, value) {
        Object.assign(this, { text, value });
    }
}

const REPORT = {
    same: false,
    counts: { moved: 1, same: 3 },
    parts: [],
    from: { name: "g", session: "a", number: 4, url: "models/1", bytes: 10 },
    to: { name: "g", session: "a", number: 5, url: "models/2", bytes: 12 }
};

/** A window that has shown number 4 and then 5; all that it did is in `did`. */
function open(t) {
    const elements = new Map();
    const byId = (id) => elements.get(id) ?? elements.set(id, fake(id)).get(id);
    const did = [];
    const follows = { stays: false }; // a page that leads
    globalThis.Option = Option;
    globalThis.document = { getElementById: byId, createElement: () => fake(""), head: fake("head"), activeElement: null };
    t.mock.method(globalThis, "fetch", async (url) => {
        did.push(["fetch", url]);
        return { ok: true, json: async () => (url.includes("history") ? { messages: [] } : REPORT) };
    });
    const away = createAway({
        look: (url) => did.push(["look", url]),
        push: (message) => did.push(["push", message.url]),
        renew: () => did.push(["renew"]),
        url: (path) => path,
        root: (path) => path,
        session: () => "a",
        stepped: (number) => did.push(["stepped", number]),
        stays: () => follows.stays,
        scene: { viewer: null }
    });
    away.holds({ type: "model", number: 5, url: "models/2" });
    away.history({ type: "history", steps: [{ number: 4, when: 1, name: "g", url: "models/1", bytes: 10 }] });
    return { away, byId, did, follows };
}

test("a comparison is asked for once, shown with the numbers of its pictures, and switched", async (t) => {
    const { away, byId, did } = open(t);
    await byId("compare").heard.toggle();
    assert.deepEqual(byId("compare-from").options.map(({ value }) => value), ["a", "a@4"]);
    assert.deepEqual([byId("compare-from").value, byId("compare-to").value], ["a@4", "a"]);
    await byId("compare-do").heard.click();
    const both = "api/v1/sessions/a/compare.msg?with=a%405&step=4";
    const asked = ["fetch", "api/v1/sessions/a/compare?with=a&step=4"];
    assert.deepEqual(did, [asked, ["stepped", null], ["look", both], ["push", both]]);
    for (const [key, url] of [["c", "s/a/models/2"], ["c", "s/a/models/1"], ["d", both]]) {
        await away.compare(key);
        assert.deepEqual(did.at(-1), ["push", url]);
    }
    assert.throws(() => away.query, /end it first/);
});

test("what is new leaves a comparison, and returns an earlier picture to the last", async (t) => {
    const { away, byId, did } = open(t);
    await byId("compare").heard.toggle();
    await byId("compare-do").heard.click();
    assert.ok(away.on && away.holds({ type: "model", number: 6, url: "models/3" }));
    byId("compare-end").heard.click();
    assert.deepEqual(did.slice(-3), [["stepped", 0], ["look", "models/3"], ["renew"]]);
    assert.ok(!away.on && away.query === "");
    await away.step(-1);
    assert.equal(away.query, "&step=4");
    assert.ok(away.holds({ type: "ui" }) && away.holds({ type: "model", number: 6, url: "models/3" }));
    assert.ok(!away.holds({ type: "clear" }) && !away.on);
});

test("pages that lead and follow are told of steps, and one that follows stays at its step", async (t) => {
    const { away, byId, did, follows } = open(t);
    follows.stays = true;
    await away.go(4);
    assert.deepEqual([away.number, did[0]], [4, ["stepped", 4]]);
    assert.ok(away.holds({ type: "model", number: 6, url: "models/3" }) && away.number === 4);
    assert.ok(!away.holds({ type: "follow", view: {} }), "what the page that leads says is heard");
    await byId("compare").heard.toggle();
    await byId("compare-do").heard.click();
    assert.deepEqual([away.number, did.at(-3)], [null, ["stepped", null]]);
    await away.go(0);
    assert.deepEqual([away.number, ...did.slice(-3)], [0, ["stepped", 0], ["look", "models/3"], ["renew"]]);
    follows.stays = false;
    await away.go(4);
    assert.ok(!away.holds({ type: "clear" }));
    assert.deepEqual(did.findLast(([what]) => what === "stepped"), ["stepped", 0]);
});
