// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The small bar in the corner: the session's name, whether the picture is live, and,
// where the server holds several sessions, the way to the others.

/** @import { ConnectionNews, Urls } from "../tools/page-checks/messages" */
import { sessionUrl } from "./config.js";
import { at } from "./dom.js";

const STATES = {
    connecting: ["connecting", "Connecting to the server"],
    live: ["live", "Live: what a notebook shows appears here"],
    waiting: ["offline", "The connection is lost; trying again"],
    gone: ["offline", "The connection is lost"]
};

/**
 * Say whether what is on screen is live.
 *
 * @param {ConnectionNews["state"]} key
 */
export function showState(key, { readOnly = false } = {}) {
    const state = at("bar-state");
    const [word, title] = STATES[key];
    state.textContent = word + (readOnly && key === "live" ? ", view only" : "");
    state.title = title;
    state.className = key;
}

/** A short remark beside the name, or none. */
export function showNote(text, title = "") {
    const note = at("bar-note");
    note.textContent = text;
    note.title = title;
    note.hidden = text === "";
}

/** Have screen readers say what is on screen; "" for nothing. */
export function readName(name) {
    at("shown").textContent = name === "" ? "" : `Shown: ${name}`;
}

/** @param {{ urls: Urls, session: string, readOnly: boolean }} options */
export function createBar({ urls, session, readOnly }) {
    const name = at("bar-name");
    const select = at("bar-session");
    name.textContent = session;
    name.href = new URL(urls.sessions, location.href).href;
    select.addEventListener("change", () => {
        location.href = sessionUrl(urls, select.value);
    });

    /**
     * The sessions there are; ours is always among them, even before it holds anything.
     *
     * @param {string[]} names
     */
    function setSessions(names) {
        const all = [...new Set([session, ...names])].sort((a, b) =>
            a === "default" ? -1 : b === "default" ? 1 : a.localeCompare(b)
        );
        // Rebuilding an open list under the pointer would close it.
        const listed = Array.from(select.options, (option) => option.value);
        if (listed.join() !== all.join()) {
            select.replaceChildren(...all.map((each) => new Option(each)));
            select.value = session;
        }
        select.hidden = all.length < 2;
        name.textContent = all.length < 2 ? session : "all sessions";
    }

    return { setState: (key) => showState(key, { readOnly }), setSessions };
}
