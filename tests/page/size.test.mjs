// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const ROOT = new URL("../../", import.meta.url);
const FOLDER = mkdtempSync(join(tmpdir(), "cadcast-size-"));
const PACKED = join(FOLDER, "packed");
execFileSync(
    fileURLToPath(new URL("tools/compress-assets", ROOT)),
    [fileURLToPath(new URL("static", ROOT)), PACKED, join(FOLDER, "dep")]
);
after(() => rmSync(FOLDER, { recursive: true }));
const MOST = 60 * 1024;

/** The modules of our own that a page loads with it, as its template names them. */
function modulesOf(page) {
    const text = readFileSync(new URL(`templates/${page}.html`, ROOT), "utf8");
    return [...text.matchAll(/(?:modulepreload" href|module" src)="@STATIC@([\w-]+\.js)"/g)].map(([, name]) => name);
}

const source = (name) => readFileSync(new URL(`static/${name}`, ROOT));
const compress = (bytes) => gzipSync(bytes, { level: 9 });

/** What a browser gets of it: compressed by the build, or by the server if it is too small for that to pay. */
function served(name) {
    const tag = createHash("sha256").update(source(name)).digest("hex").slice(0, 32);
    try {
        return readFileSync(join(PACKED, `${tag}.gz`));
    } catch {
        return compress(source(name));
    }
}

const code = (name) => gunzipSync(served(name));

for (const page of ["viewer", "sessions"]) {
    test(`the page ${page} loads less than ${MOST} bytes of our JavaScript, compressed file by file`, () => {
        const names = modulesOf(page);
        const sum = names.reduce((all, name) => all + served(name).length, 0);
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
        const sum = compress(Buffer.concat(names.map(code))).length;
        assert.ok(names.length > 10 && sum < MOST, `${sum} bytes in ${names.length} modules`);
    });
}

test("what is served has the code of every line where the source has it", () => {
    for (const name of reached("page.js")) {
        const lines = source(name).toString().split("\n");
        const shown = code(name).toString().split("\n");
        assert.equal(shown.length, lines.length, name);
        const lost = lines.filter((line, at) => shown[at] !== line);
        assert.ok(lost.every((line) => /^\s*(\/\/|\/?\*)/.test(line)), `${name}: ${lost}`);
    }
});
