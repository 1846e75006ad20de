// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createPreferences } from "../../static/preferences.js";

let kept;
beforeEach(() => {
    kept = null;
    global.localStorage = { getItem: () => kept, setItem: (_, value) => (kept = value) };
});

test("what a person chose wins over the server's settings, and over later changes of them", () => {
    kept = JSON.stringify({ theme: "dark", axes: true });
    const preferences = createPreferences(() => {});
    assert.deepEqual(preferences.configFor({ theme: "light", ortho: true }), { theme: "dark", ortho: true, axes: true });
    assert.deepEqual(preferences.changesFor({ theme: "light", ortho: false }), { ortho: false });
});

test("a setting that is taken back is the server's last one again", () => {
    kept = JSON.stringify({ theme: "dark" });
    const applied = [];
    const preferences = createPreferences((changes) => applied.push(changes));
    preferences.configFor({ theme: "light" });
    preferences.changesFor({ theme: "browser" });
    preferences.forget();
    assert.deepEqual(applied, [{ theme: "browser" }]);
    assert.equal(kept, "{}");
});

for (const odd of ["{", "7", '{"theme":"pink","other":1,"__proto__":{"axes":true}}', null]) {
    test(`odd contents of the storage are no settings: ${odd}`, () => {
        kept = odd;
        assert.deepEqual(createPreferences(() => {}).configFor({}), {});
    });
}
