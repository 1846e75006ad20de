// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What the server is told about the view. The renderer reports its whole state on every
// change, some twenty times while a model is drawn, and the states of a large tree are
// large. The server merges what it is told key by key, so it needs only what changed,
// and once per turn of the page's event loop.

/** @import { Status } from "../tools/page-checks/messages" */

/**
 * @param events  a Set of keys that say that something happened: sent every time, at once
 * @param send    (changes) => void
 * @returns `{report, forget}`: report(state) as often as one likes; forget() where the
 *          other side may no longer know what it was told
 */
export function createStatus({ events, send }) {
    /** @type {Status} */
    let told = {};
    /** @type {Status} */
    let pending = null;

    function flush() {
        if (pending !== null) {
            const changes = pending;
            pending = null;
            Object.assign(told, changes);
            send(changes);
        }
    }

    /** @param {Status} state */
    function report(state) {
        let urgent = false;
        for (const [key, value] of Object.entries(state)) {
            const event = events.has(key);
            // The renderer hands over a new object whenever a value has changed.
            if (event || told[key] !== value || (pending !== null && key in pending)) {
                if (pending === null) {
                    pending = {};
                    queueMicrotask(flush);
                }
                pending[key] = value;
                urgent ||= event;
            }
        }
        if (urgent) {
            flush();
        }
    }

    return {
        report,
        forget() {
            told = {};
        }
    };
}
