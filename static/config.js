// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What the server wrote into the page, and the addresses that follow from it.
// Every address is relative to the page's own, so a path prefix, https in front,
// an IPv6 literal or a missing port need no thought anywhere else.

/** @import { PageConfig, Urls } from "../tools/page-checks/messages" */

/** @returns {PageConfig} */
export function readConfig() {
    return JSON.parse(document.getElementById("cadcast").textContent);
}

/** A theme chosen in the settings; "browser" follows the system, as the style sheet does anyway. */
export function applyTheme(theme) {
    if (theme === "light" || theme === "dark") {
        document.documentElement.dataset.theme = theme;
    } else {
        delete document.documentElement.dataset.theme;
    }
}

/**
 * The address of this session's WebSocket: the page's own scheme, host and prefix.
 *
 * @param {Urls} urls
 */
export function socketUrl(urls) {
    const url = new URL(urls.socket, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.search = "";
    url.hash = "";
    return url.href;
}

/**
 * A path the server named on the WebSocket, which it gives relative to that.
 *
 * @param {Urls} urls
 * @param {string} path
 */
export function resourceUrl(urls, path) {
    return new URL(path, new URL(urls.socket, location.href)).href;
}

/** An address below the server's root. */
export const rootUrl = (urls, path) => new URL(path, new URL(urls.root, location.href)).href;

/**
 * The page of another session. One of them stands at the root: which one, depends on the port.
 *
 * @param {Urls} urls
 * @param {string} name
 */
export function sessionUrl(urls, name) {
    const path = name === urls.home ? "viewer" : `s/${encodeURIComponent(name)}/viewer`;
    return rootUrl(urls, path);
}
