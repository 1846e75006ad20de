// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What is shown, as a file of another kind, which the server makes: that may take a while.

import { say, unsay } from "./notices.js";

const KEY = "export";

/**
 * @param {string} url
 * @param {string} kind  for the line that says what is being made
 * @returns {Promise<Blob | null>} null: the person did not want it any more
 */
export async function fetchExport(url, kind) {
    const stop = new AbortController();
    say(KEY, `The ${kind} file is being made…`, {
        action: { label: "Cancel", run: () => stop.abort() },
        dismiss: false,
        keep: false
    });
    try {
        const answer = await fetch(url, { signal: stop.signal });
        if (!answer.ok) {
            // Of a proxy it may be anything.
            const problem = await answer.json().catch(() => null);
            throw new Error(problem?.detail ?? `the server answered with ${answer.status}`);
        }
        return await answer.blob();
    } catch (error) {
        if (stop.signal.aborted) {
            return null;
        }
        throw error;
    } finally {
        unsay(KEY);
    }
}
