// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// This window's name for the server, which keeps camera, tree and tab under it. It lives
// as long as the tab: a reload is the same window, a second one is not. But a tab that was
// duplicated, or opened by a script, begins with a copy of what the other one has stored.
// So a window asks whether somebody has its name already, and then takes another.

const KEY = "cadcast-id";
const CHANNEL = "cadcast-windows";

function random() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns whether it is kept; storage may be forbidden */
function store(id) {
    try {
        sessionStorage.setItem(KEY, id);
        return true;
    } catch {
        return false;
    }
}

function stored() {
    try {
        return sessionStorage.getItem(KEY);
    } catch {
        return null;
    }
}

/**
 * @param onChange  () => void, the name was somebody else's and is another now. That is
 *                  nearly always before anything was done under it.
 * @returns `{id}`
 */
export function createIdentity(onChange) {
    const here = random(); // this document, as long as it lives
    let id = stored() ?? random();
    let channel = null;

    function hear({ data }) {
        if (data.id !== id) {
            return;
        }
        if (data.to === undefined) {
            channel.postMessage({ id, to: data.from });
        } else if (data.to === here) {
            id = random();
            store(id);
            onChange();
        }
    }

    function ask() {
        channel = new BroadcastChannel(CHANNEL);
        channel.onmessage = hear;
        channel.postMessage({ id, from: here });
    }

    if (store(id)) {
        ask();
        // A page that was left answers for nobody, and one that is come back to asks again.
        window.addEventListener("pagehide", () => channel.close());
        window.addEventListener("pageshow", (event) => event.persisted && ask());
    }
    return {
        get id() {
            return id;
        }
    };
}
