// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// While the renderer builds a model the page stands still. If that takes a while it is said
// before, and the browser must have painted it by then.

// Of the file, or the parts of it: below both, the wait is shorter than the words.
const LARGE_BYTES = 4e6;
const LARGE_PARTS = 500;
// A hidden window gets no frames.
const UNSEEN_MS = 100;

function countParts(shapes) {
    let count = 0;
    const open = [shapes];
    while (open.length > 0) {
        const { parts } = open.pop() ?? {};
        if (Array.isArray(parts)) {
            parts.forEach((part) => open.push(part));
        } else {
            count += 1;
        }
    }
    return count;
}

const painted = () =>
    Promise.race([
        new Promise((done) => requestAnimationFrame(() => setTimeout(done))),
        new Promise((done) => setTimeout(done, UNSEEN_MS))
    ]);

/**
 * Run `draw`, which brings up a model of so many bytes; a small one at once, so that nothing
 * gives up the turn.
 *
 * @param {any} shapes  the model's tree
 * @param {number} bytes
 * @param {AbortSignal} signal  aborted when the model no longer matters
 * @param {() => void} draw
 */
export function drawAnnounced(shapes, bytes, signal, draw) {
    const parts = countParts(shapes);
    if (bytes < LARGE_BYTES && parts < LARGE_PARTS) {
        draw();
        return undefined;
    }
    return announced(parts, signal, draw);
}

async function announced(parts, signal, draw) {
    const box = document.getElementById("progress");
    const text = document.getElementById("progress-text");
    document.getElementById("progress-bar").style.width = "100%";
    text.textContent = `Drawing ${parts.toLocaleString("en")} ${parts === 1 ? "part" : "parts"} …`;
    box.removeAttribute("aria-valuenow");
    box.hidden = false;
    try {
        await painted();
        signal.throwIfAborted();
        draw();
    } finally {
        box.hidden = true;
    }
}
