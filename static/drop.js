// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// A browser opens a file that is dropped on a page, and the page is gone. Ours stays: it has the
// server show the file, or says why not.

import { lazily } from "./lazy.js";
import { sayBriefly } from "./notices.js";

const ELSEWHERE = "Files can be dropped on a session's page: open one.";
const READ_ONLY = "This page may only view: files cannot be shown from here.";

const upload = lazily("Uploads", () => import("./upload.js"));
const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;

/**
 * @param {{ url: (path: string) => string, readOnly: boolean }} to  where files are sent; none: this page takes none
 */
export function watchDrops(to = null) {
    window.addEventListener("dragover", (event) => {
        if (hasFiles(event)) {
            // Without this there is no drop to answer.
            event.preventDefault();
        }
    });
    window.addEventListener("drop", async (event) => {
        if (!hasFiles(event)) {
            return;
        }
        event.preventDefault();
        if (to === null || to.readOnly) {
            sayBriefly("drop", to === null ? ELSEWHERE : READ_ONLY, 6000);
            return;
        }
        // The items are there during the event alone.
        const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
        const files = [...event.dataTransfer.files];
        const loaded = await upload();
        if (loaded === null) {
            return;
        }
        const { collect, send } = loaded;
        send(entries.length > 0 ? await collect(entries) : files.map((file) => ({ path: file.name, file })), to.url);
    });
}

/**
 * Lets the user choose files.
 *
 * @param {{ url: (path: string) => string, readOnly: boolean }} to
 */
export function chooseFiles(to) {
    if (to.readOnly) {
        sayBriefly("drop", READ_ONLY, 6000);
        return;
    }
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.addEventListener("change", async () => {
        const files = [...input.files].map((file) => ({ path: file.name, file }));
        (await upload())?.send(files, to.url);
    });
    input.click();
}
