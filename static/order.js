// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Messages about the picture take effect in the order they came. A model may have to
// be fetched first; what comes after it waits. A newer model makes an older one that is
// still on its way, and everything meant for it, pointless: those are dropped, unless
// a kernel asked for a screenshot of the older one in between.

const REPLACES = new Set(["model", "data", "clear", "empty"]);

/**
 * @param handle  async (message, signal) => void, takes one message; the signal is
 *                aborted when the message no longer matters
 * @param report  (error, message) => void, for a message that could not be handled
 */
export function createOrder({ handle, report }) {
    let waiting = [];
    let current = null;

    function replaceable() {
        return !waiting.some((message) => message.type === "screenshot");
    }

    function push(message) {
        if (REPLACES.has(message.type) && replaceable()) {
            waiting = waiting.filter((other) => other.type === "restore");
            current?.abort(new Error("a newer model came"));
        }
        waiting.push(message);
        if (current === null) {
            run();
        }
    }

    async function run() {
        while (waiting.length > 0) {
            const message = waiting.shift();
            const mine = new AbortController();
            current = mine;
            try {
                // Only what really waits gives up the turn: a text message takes
                // effect inside the event that brought it.
                const pending = handle(message, mine.signal);
                if (pending instanceof Promise) {
                    await pending;
                }
            } catch (error) {
                if (!mine.signal.aborted) {
                    report(error, message);
                }
            }
        }
        current = null;
    }

    /** Forget everything: the connection it came over is gone and will bring it again. */
    function drop() {
        waiting = [];
        current?.abort(new Error("the connection was lost"));
    }

    return { push, drop };
}
