// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Files of the user's, from a drop or a choice, to the server, which shows them to every page.

import { archive, arrange, isModel } from "./archive.js";
import { readableBytes, say, sayBriefly, unsay } from "./notices.js";
import { offerCancel, tell } from "./working.js";

const FAILED = "refused"; // of what went wrong; the server says the same to other pages
const MOST = 1000;
let last = ""; // the label of what was sent last: sent again, it is seen as before

/** @param {any} entry  @returns {Promise<File>} */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** All entries of a folder; the browser gives them a hundred at a time. */
async function entriesOf(folder) {
    const reader = folder.createReader();
    const all = [];
    for (;;) {
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (some.length === 0 || all.length > MOST) {
            return all;
        }
        all.push(...some);
    }
}

/**
 * The files of dropped files and folders, with their paths.
 *
 * @param {any[]} entries  FileSystemEntry
 * @returns {Promise<{ path: string, file: File }[]>}
 */
export async function collect(entries) {
    const found = [];
    const queue = [...entries];
    while (queue.length > 0 && found.length <= MOST) {
        const entry = queue.shift();
        if (entry.isDirectory) {
            queue.push(...(await entriesOf(entry)));
        } else if (!entry.name.startsWith(".")) {
            found.push({ path: entry.fullPath.replace(/^\//, ""), file: await fileOf(entry) });
        }
    }
    return found;
}

/** The reason in an answer; of a proxy it may be anything. */
function reasonOf(request) {
    try {
        return JSON.parse(request.responseText).detail ?? "";
    } catch {
        return "";
    }
}

function answered(request, label) {
    offerCancel(null);
    if (request.status === 200) {
        const { notices } = JSON.parse(request.responseText);
        unsay(FAILED);
        if (notices.length > 0) {
            say("imported", `${label}: ${notices.join("; ")}`, { kind: "warning" });
        } else {
            unsay("imported");
        }
        return;
    }
    const reason = reasonOf(request) || `${label} was refused by the server (${request.status}).`;
    say(FAILED, reason, { kind: "error" });
}

/**
 * @param {Blob} body
 * @param {string} label
 * @param {string} url
 */
function put(body, label, url) {
    const request = new XMLHttpRequest();
    offerCancel(() => request.abort());
    request.upload.addEventListener("progress", ({ loaded, total }) => {
        tell(`${label}: sending`, total > 0 ? loaded / total : 0, ` of ${readableBytes(total)}`);
    });
    request.upload.addEventListener("load", () => tell(`${label}: is read by the server`, 0));
    request.addEventListener("load", () => answered(request, label));
    request.addEventListener("error", () => {
        offerCancel(null);
        say(FAILED, `${label} could not be sent: the connection broke. Try again.`, { kind: "error" });
    });
    request.addEventListener("abort", () => {
        offerCancel(null);
        sayBriefly("drop", `${label} was not shown.`);
    });
    request.open("PUT", url);
    tell(`${label}: sending`, 0);
    request.send(body);
}

/**
 * @param {{ path: string, file: File }[]} files
 * @param {(path: string) => string} url  of a path of this session
 */
export function send(files, url) {
    const models = files.filter(({ path }) => isModel(path));
    const single = files.length === 1;
    if (files.length === 0) {
        sayBriefly("drop", "There are no files in it.", 6000);
    } else if (files.length > MOST) {
        say(FAILED, `These are more than ${MOST} files.`, { kind: "error" });
    } else if (!single && models.length === 0) {
        const names = files.slice(0, 3).map(({ path }) => path).join(", ");
        const kinds = "STEP, IGES, BREP, STL, OBJ, glTF, GLB, 3MF and PLY";
        say(FAILED, `None of these files can be shown: ${names}. The page shows ${kinds}.`, { kind: "error" });
    } else {
        const label = single ? files[0].path : models.length === 1 ? models[0].path : `${models.length} files`;
        const camera = label === last ? "" : "&camera=reset";
        const body = single ? files[0].file : archive(arrange(files));
        put(body, label.slice(label.lastIndexOf("/") + 1), url(`model?name=${encodeURIComponent(label)}${camera}`));
        last = label;
    }
}
