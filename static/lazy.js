// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Modules that are loaded when they are first needed, which may be while there is no connection.

import { say, unsay } from "./notices.js";

const AGAIN_MS = 1000;

/**
 * A load that failed is not kept: the next call loads again.
 *
 * @template T
 * @param {string} what  what a person misses meanwhile, as the subject of a sentence
 * @param {() => Promise<T>} load
 * @param {string} advice  what to do
 * @returns {() => Promise<T | null>}  null: it could not be loaded, and the page says so
 */
export function lazily(what, load, advice = "Try again.") {
    const key = `lazy-${what}`;
    /** @type {Promise<T> | null} */
    let loading = null;
    return async () => {
        const mine = (loading ??= load());
        try {
            const loaded = await mine;
            unsay(key);
            return loaded;
        } catch (error) {
            console.warn(error);
            say(key, `${what} could not be loaded from the server. ${advice}`, { kind: "warning" });
            if (loading === mine) {
                loading = null;
            }
            return null;
        }
    };
}

/**
 * The same for what no person asks for: it is loaded at once, and again until it is there.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function untilLoaded(what, load) {
    const attempt = lazily(what, load, "The page tries again.");
    for (;;) {
        const loaded = await attempt();
        if (loaded !== null) {
            return loaded;
        }
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
}
