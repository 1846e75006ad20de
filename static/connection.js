// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What a person is told about the connection: nothing where it comes back at once, else
// that it is lost, and in the end why, as far as the page can know, and what to do.

/** @import { ConnectionNews } from "../tools/page-checks/messages" */
import { say, unsay } from "./notices.js";

const KEY = "connection";
const REASON_MS = 10000;

/** Why the WebSocket cannot be opened, as far as a request for this page shows. */
async function reason() {
    const signal = AbortSignal.timeout(REASON_MS);
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store", signal }).catch(() => null);
    if (answer === null) {
        return "does not answer. Start it again, then connect.";
    }
    if (answer.status === 401 || answer.status === 403) {
        return "does not let this page in any more. Open the address that the server printed when it started.";
    }
    if (!answer.ok) {
        return `cannot be reached: the proxy in front of it answers ${answer.status}.`;
    }
    return "answers, but not on its WebSocket. Is there a proxy in between that does not pass WebSockets on?";
}

/**
 * @param retry  () => void, connects again
 * @returns a function to be called with each report of comms.js
 */
export function createConnectionNotice(retry) {
    let current = "";

    function lost(text, label, kind, aside = "") {
        say(KEY, text, { kind, aside, action: { label, run: retry }, dismiss: false });
    }

    async function gaveUp() {
        const why = await reason();
        if (current === "gone") {
            lost(`cadcast at ${location.host} ${why}`, "Connect", "error");
        }
    }

    /** @param {ConnectionNews} news */
    return ({ state, attempt, limit, silent }) => {
        current = state;
        if (state === "live") {
            unsay(KEY);
        } else if (state === "waiting" && (attempt > 1 || silent)) {
            const count = limit < 0 ? "" : `attempt ${attempt} of ${limit}`;
            const what = silent ? `cadcast at ${location.host} does not answer` : "The connection to cadcast is lost";
            lost(`${what}; trying again …`, "Try now", "warning", count);
        } else if (state === "gone") {
            gaveUp();
        }
    };
}
