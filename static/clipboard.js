// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

import { sayBriefly } from "./notices.js";

/** Plain http from another machine has no clipboard, but the old command still works inside a click. */
function copyOldWay(text) {
    const before = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    try {
        return document.execCommand("copy");
    } finally {
        area.remove();
        if (before instanceof HTMLElement) {
            before.focus({ preventScroll: true });
        }
    }
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it is in the clipboard; the page may not be allowed to
 */
export async function copyText(text) {
    if (navigator.clipboard === undefined) {
        return copyOldWay(text);
    }
    return navigator.clipboard.writeText(text).then(
        () => true,
        () => false
    );
}

/** Copy what was picked, and say so. */
export async function copySelected(text) {
    const done = await copyText(text);
    sayBriefly("copied", done ? `Copied: ${text}` : `Selected: ${text} (not copied, the browser forbids it)`);
}
