// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { test } from "node:test";

import { createNames, decode } from "../../static/names.js";

global.MutationObserver = class {
    observe() {}
};
const HARD = [
    "R1/10k", "1/4 inch", "/", "//", "a|b", "<b>x</b>", "<img src=x onerror=alert(1)>", "nuts & bolts", "&amp;",
    'say "hi"', "it's", "back\\slash", "list[0]", "a:b", "x.map", "v1.2", "", " ", "two\nlines", "__proto__",
    "constructor", "10", "2", "Übergröße 齿轮 🛠", "\u2063", "\u2215\u2063/", "\u2063\u2064", "\u2064"
];

function tree(names, root = "Group") {
    const parts = names.map((name) => ({ name, id: `/${root}/${name}`, state: [1, 1] }));
    return { name: root, id: `/${root}`, parts };
}

const show = (names, shapes, config = {}) => names.inward({ type: "data", data: { shapes }, config });

test("ordinary names stay as they are", () => {
    const shapes = tree(["a", "b.1", "c d", "ü"]);
    const before = structuredClone(shapes);
    const names = createNames(null);
    show(names, shapes);
    assert.deepEqual(shapes, before);
    const changes = { states: { "/Group/a": [1, 1] } };
    assert.equal(names.outward(changes), changes);
});

test("every name becomes a path of its own that the renderer can take apart, and comes back", () => {
    for (const root of ["Group", "a/b", "<i>", "__proto__", ""]) {
        const names = createNames(null);
        const shapes = tree(HARD, root);
        show(names, shapes);
        const paths = shapes.parts.map((part) => part.id);
        assert.equal(new Set(paths).size, HARD.length);
        shapes.parts.forEach((part, each) => {
            assert.equal(part.id, `${shapes.id}/${part.name}`);
            assert.deepEqual(part.id.split("/").filter(Boolean).length, 2);
            assert.doesNotMatch(part.id, /[|<>&"\\[\]:\n]/);
            assert.equal(decode(part.name), HARD[each]);
        });
        assert.deepEqual(Object.keys(Object.fromEntries(shapes.parts.map(({ name }) => [name, 1]))).length, HARD.length);
        const { states } = names.outward({ states: Object.fromEntries(paths.map((path, each) => [path, each])) });
        assert.deepEqual(states, Object.fromEntries(HARD.map((name, each) => [`/${root}/${name}`, each])));
    }
});

test("picks, selections and measured shapes are reported with the real names", () => {
    const names = createNames(null);
    const shapes = tree(["R1/10k", "plain"], "my/board");
    show(names, shapes);
    const [hard, plain] = shapes.parts;
    const ids = [`${hard.id}/faces/faces_3`, `${plain.id}/edges/edges_0`, hard.id, false];
    assert.deepEqual(names.outward({ selectedShapeIDs: ids }).selectedShapeIDs, [
        "/my/board/R1/10k/faces/faces_3", "/my/board/plain/edges/edges_0", "/my/board/R1/10k", false
    ]);
    const lastPick = { path: shapes.id, name: hard.name, boundingBox: { min: 1 } };
    assert.deepEqual(names.outward({ lastPick }).lastPick, {
        path: "/my/board", name: "R1/10k", boundingBox: { min: 1 }
    });
    assert.deepEqual(names.outward({ selected: ["3"], tab: "tree" }), { selected: ["3"], tab: "tree" });
});

test("the same states are translated once, so that they are not reported again", () => {
    const names = createNames(null);
    const shapes = tree(["a/b"]);
    show(names, shapes);
    const states = { [shapes.parts[0].id]: [1, 0] };
    assert.equal(names.outward({ states }).states, names.outward({ states }).states);
});

test("states and tracks of a kernel find their parts", () => {
    const names = createNames(null);
    const shapes = tree(["a/b", "plain"]);
    const states = { "/Group/a/b": [1, 0], "/Group/plain": [0, 1] };
    const [hard, plain] = shapes.parts;
    const wanted = () => ({ [hard.id]: [1, 0], [plain.id]: [0, 1] });
    assert.deepEqual(show(names, shapes, { states }).config.states, wanted());
    assert.deepEqual(names.inward({ type: "ui", config: { states, glass: true } }).config, { states: wanted(), glass: true });
    const data = [["/Group/a/b", "tz", [0, 1], [0, 6]], ["/Group/plain", "rz", [0, 1], [0, 6]]];
    assert.deepEqual(names.inward({ type: "animation", data }).data.map(([path]) => path), [hard.id, plain.id]);
});

test("two parts of one name are two parts", () => {
    const names = createNames(null);
    const shapes = tree(["a", "a", "a"]);
    show(names, shapes);
    assert.equal(new Set(shapes.parts.map((part) => part.id)).size, 3);
    assert.deepEqual(shapes.parts.map((part) => decode(part.name)), ["a", "a", "a"]);
    const { config } = names.inward({ type: "ui", config: { states: { "/Group/a": [0, 0] } } });
    assert.equal(Object.keys(config.states).length, 3);
});

test("a new model's names are not those of the last one", () => {
    const names = createNames(null);
    const first = tree(["a/b"]);
    show(names, first);
    show(names, tree(["plain"]));
    const changes = { selectedShapeIDs: [first.parts[0].id] };
    assert.equal(names.outward(changes), changes);
});
