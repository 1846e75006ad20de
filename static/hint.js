// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What an empty session shows: the way to the first model.

import { copyText } from "./clipboard.js";
import { at } from "./dom.js";
import { sayBriefly } from "./notices.js";

/**
 * @param {{ session: string, kernel_port: number, read_only: boolean }} config  with the port where kernels reach the session
 * @param {() => void} openFiles
 * @returns a function that shows the hint, or hides it
 */
export function createHint({ session, kernel_port: port, read_only: readOnly }, openFiles) {
    const code = at("hint-code");
    at("hint-session").textContent = session;
    at("hint-with-port").hidden = port === 0;
    at("hint-no-port").hidden = port !== 0;
    at("hint-listen").textContent = `cadcast listen 3940=${session}`;
    code.textContent = code.textContent.replace("PORT", String(port));
    at("hint-files").hidden = readOnly;
    at("hint-open").addEventListener("click", openFiles);
    at("hint-copy").addEventListener("click", async () => {
        const done = await copyText(code.textContent);
        sayBriefly("copied", done ? "The lines are in the clipboard." : "The browser forbids copying: mark the lines.");
    });
    return (flag) => {
        at("hint").hidden = !flag;
    };
}
