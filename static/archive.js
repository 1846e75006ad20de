// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Several files as one body: an uncompressed tar archive (POSIX ustar, GNU's long names), which the
// browser reads from the disk as it sends it.

const BLOCK = 512;
const PLAIN = 99; // bytes of a name that fit into a header

const padding = (size) => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

function put(block, at, text) {
    block.set(typeof text === "string" ? new TextEncoder().encode(text) : text, at);
}

/**
 * @param {Uint8Array} name
 * @param {number} size
 * @param {string} type
 */
function header(name, size, type) {
    const block = new Uint8Array(BLOCK);
    put(block, 0, name.subarray(0, PLAIN));
    put(block, 100, "0000600\0" + "0000000\0" + "0000000\0");
    put(block, 124, size.toString(8).padStart(11, "0"));
    put(block, 136, "00000000000\0" + "        ");
    put(block, 156, type);
    put(block, 257, "ustar\u000000");
    const sum = block.reduce((total, each) => total + each, 0);
    put(block, 148, `${sum.toString(8).padStart(6, "0")}\0 `);
    return block;
}

/** @param {string} path  @param {number} size */
function head(path, size) {
    const name = new TextEncoder().encode(path);
    if (name.length <= PLAIN) {
        return [header(name, size, "0")];
    }
    const long = header(new TextEncoder().encode("././@LongLink"), name.length + 1, "L");
    return [long, name, new Uint8Array(1), padding(name.length + 1), header(name, size, "0")];
}

/** @param {{ path: string, file: Blob }[]} files */
export function archive(files) {
    const parts = files.flatMap(({ path, file }) => [...head(path, file.size), file, padding(file.size)]);
    return new Blob([...parts, new Uint8Array(2 * BLOCK)], { type: "application/x-tar" });
}

const MODEL = /\.(step|stp|p21|iges|igs|brep|brp|bbrep|stl|obj|gltf|glb|3mf|ply)$/i;

export const isModel = (path) => MODEL.test(path);

const folderOf = (path) => path.slice(0, path.lastIndexOf("/") + 1);

/** "part.step", or "2-part.step" if that is taken. */
function free(taken, name) {
    let found = name;
    for (let n = 2; taken.has(found); n++) {
        found = `${n}-${name}`;
    }
    taken.add(found);
    return found;
}

/**
 * Names for an archive, at whose top the models have to be: each file beside a model keeps its path
 * from there.
 *
 * @template T
 * @param {{ path: string, file: T }[]} files
 */
export function arrange(files) {
    const taken = new Set();
    const models = files.filter(({ path }) => isModel(path));
    const folders = models.map(({ path }) => folderOf(path)).sort((a, b) => b.length - a.length);
    const placed = models.map(({ path, file }) => ({ path: free(taken, path.slice(folderOf(path).length)), file }));
    for (const { path, file } of files.filter((each) => !isModel(each.path))) {
        const folder = folders.find((each) => path.startsWith(each));
        const name = path.slice((folder ?? folderOf(path)).length);
        if (!taken.has(name)) {
            taken.add(name);
            placed.push({ path: name, file });
        }
    }
    return placed;
}
