// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Messages about the picture take effect in the order they came. A model may have to
// be fetched first; what comes after it waits. A newer model makes an older one that is
// still on its way, and what changes it, pointless: those are dropped, unless a kernel
// asked for a screenshot of the older one in between. Messages that this page does not
// know may matter for any reason, and are never dropped.

/** @import { Message } from "../tools/page-checks/messages" */

const REPLACES = new Set(["model", "data", "clear", "empty"]);
const REPLACED = new Set([
    ...REPLACES, "ui", "animation", "set_relative_time", "replayed", "thumbnail"
]);
// A new connection brings these again.
const BROUGHT_AGAIN = new Set([...REPLACED, "restore", "screenshot"]);

/**
 * @param handle  async (message, signal) => void, takes one message; the signal is
 *                aborted when the message no longer matters
 * @param report  (error, message) => void, for a message that could not be handled
 */
export function createOrder({ handle, report }) {
    /** @type {Message[]} */
    let waiting = [];
    /** @type {{message: Message, controller: AbortController}} */
    let current = null;

    /** Drop what a newer picture replaces. What a screenshot is to show, and the screenshot, stay. */
    function replace() {
        const last = waiting.findLastIndex((message) => message.type === "screenshot");
        waiting = waiting.filter((other, i) => i <= last || !REPLACED.has(other.type));
        if (last < 0 && current !== null && REPLACED.has(current.message.type)) {
            current.controller.abort(new Error("a newer model came"));
        }
    }

    /** @param {Message} message */
    function push(message) {
        if (REPLACES.has(message.type)) {
            replace();
        }
        waiting.push(message);
        if (current === null) {
            run();
        }
    }

    async function run() {
        while (waiting.length > 0) {
            const message = waiting.shift();
            const controller = new AbortController();
            current = { message, controller };
            try {
                // Only what really waits gives up the turn: a text message takes
                // effect inside the event that brought it.
                const pending = handle(message, controller.signal);
                if (pending instanceof Promise) {
                    await pending;
                }
            } catch (error) {
                if (!controller.signal.aborted) {
                    report(error, message);
                }
            }
        }
        current = null;
    }

    /** Forget all that the next connection brings again: the one it came over is gone. */
    function drop() {
        waiting = waiting.filter((message) => !BROUGHT_AGAIN.has(message.type));
        current?.controller.abort(new Error("the connection was lost"));
    }

    return { push, drop };
}
