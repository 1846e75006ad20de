// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// This window's name for the server, which keeps camera, tree and tab under it. It lives
// as long as the tab: a reload is the same window, a second one is not. But a tab that was
// duplicated, or opened by a script, begins with a copy of what the other one has stored.
// So a window asks whether another one has its name already, and then takes a new one.

import { WINDOW, keep, kept } from "./store.js";

// Pages side by side in one window (side.js) share what it stores; each frame has a name.
const KEY = `cadcast-id${window.name}`;
const CHANNEL = "cadcast-windows";

function random() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param onChange  () => void, another window had the name, and this one took a new one;
 *                  nearly always before anything was done under the old name.
 * @returns `{id}`
 */
export function createIdentity(onChange) {
    const here = random(); // this document, as long as it lives
    let id = kept(WINDOW, KEY) ?? random();
    let channel = null;

    function hear({ data }) {
        if (data.id !== id) {
            return;
        }
        if (data.to === undefined) {
            channel.postMessage({ id, to: data.from });
        } else if (data.to === here) {
            id = random();
            keep(WINDOW, KEY, id);
            onChange();
        }
    }

    function ask() {
        channel = new BroadcastChannel(CHANNEL);
        channel.onmessage = hear;
        channel.postMessage({ id, from: here });
    }

    if (keep(WINDOW, KEY, id)) {
        ask();
        // A page in the back/forward cache must not answer; it asks again when it is shown.
        window.addEventListener("pagehide", () => channel.close());
        window.addEventListener("pageshow", (event) => event.persisted && ask());
    }
    return {
        get id() {
            return id;
        }
    };
}
