// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The session of this page has another name. Loaded when that happens.

import { sessionUrl } from "./config.js";
import { WINDOW, keep, kept } from "./store.js";

/** What this window keeps of the session, whose name ends the key, is that of its new name. */
function keepUnder(old, name) {
    try {
        const keys = Object.keys(sessionStorage).filter((key) => key.endsWith(`-${old}`));
        keys.forEach((key) => keep(WINDOW, key.slice(0, -old.length) + name, kept(WINDOW, key)));
    } catch {
        // It keeps nothing.
    }
}

/**
 * The session is at another address now; at the root of its own port it is where it was.
 *
 * @param {import("../tools/page-checks/messages").Urls} urls
 * @param {string} old  its name until now
 * @param {string} name
 */
export function leaveFor(urls, old, name) {
    keepUnder(old, name);
    if (urls.root === "./") {
        location.reload();
    } else {
        location.replace(sessionUrl(urls, name));
    }
}
