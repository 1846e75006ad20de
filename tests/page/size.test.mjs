// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const ROOT = new URL("../../", import.meta.url);
const MOST = 60 * 1024;

/** The modules of our own that a page loads with it, as its template names them. */
function modulesOf(page, entry) {
    const text = readFileSync(new URL(`templates/${page}.html`, ROOT), "utf8");
    const named = [...text.matchAll(/modulepreload" href="@STATIC@([\w-]+\.js)"/g)].map(([, name]) => name);
    return [...named, entry];
}

const source = (name) => readFileSync(new URL(`static/${name}`, ROOT));
const packed = (bytes) => gzipSync(bytes, { level: 9 }).length;

for (const [page, entry] of [["viewer", "page.js"], ["sessions", "sessions.js"]]) {
    test(`the page ${page} loads less than ${MOST} bytes of our JavaScript, compressed file by file`, () => {
        const names = modulesOf(page, entry);
        const sum = names.reduce((all, name) => all + packed(source(name)), 0);
        assert.ok(names.length > 5 && sum < MOST, `${sum} bytes in ${names.length} modules`);
    });
}

/** The modules that a page may ever load: those that its first one imports, at once or later. */
function reached(entry) {
    const names = new Set([entry]);
    for (const name of names) {
        for (const [, next] of source(name).toString().matchAll(/(?:from|import\() ?"\.\/([\w-]+\.js)"/g)) {
            names.add(next);
        }
    }
    return [...names].sort();
}

for (const entry of ["page.js", "sessions.js"]) {
    test(`all that ${entry} ever loads of our JavaScript is less than ${MOST} bytes, compressed as one`, () => {
        const names = reached(entry);
        const sum = packed(Buffer.concat(names.map(source)));
        assert.ok(names.length > 10 && sum < MOST, `${sum} bytes in ${names.length} modules`);
    });
}
