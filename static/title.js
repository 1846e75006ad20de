// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The window's title and icon: what is shown, in which session, and if the connection is lost.

// In the page itself: a server that is gone sends no icon.
const OFFLINE =
    "data:image/svg+xml," +
    encodeURIComponent(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path d="M26 19 46 30v22L26 61 6 53V30z" ' +
            'fill="#888"/><circle cx="48" cy="16" r="12" fill="#c23030"/></svg>'
    );
const SOME = 3;
const LONG = 60;
const ANONYMOUS = "Group"; // what clients call parts that were shown together

/** What to call a model: by its parts unless it has a name of its own. */
export function nameOf({ name, parts }) {
    if (parts.length > 1 && name !== ANONYMOUS) {
        return name;
    }
    const names = parts.slice(0, SOME).map((part) => part.name);
    return names.join(", ") + (parts.length > SOME ? ", …" : "");
}

const short = (text) => (text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text);

/**
 * @param {string} session  its name
 * @returns `{show, state}`: show(name) what is on screen, "" for nothing; state(key) how the
 *          connection is, as comms.js reports it
 */
export function createTitle(session) {
    let shown = "";
    let offline = false;
    const icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));
    const live = icon.href;

    function write() {
        const words = [offline ? "● offline" : "", shown, session, "cadcast"];
        document.title = words.filter((word) => word !== "").join(" – ");
        icon.href = offline ? OFFLINE : live;
    }

    write();
    return {
        show(name) {
            shown = short(name);
            write();
        },

        state(key) {
            offline = key === "waiting" || key === "gone";
            write();
        }
    };
}
