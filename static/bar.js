// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The small bar in the corner: the session's name, whether the picture is live, and,
// where the server holds several sessions, the way to the others.

import { sessionUrl } from "./config.js";

const STATES = {
    connecting: ["connecting", "Connecting to the server"],
    live: ["live", "Live: what a notebook shows appears here"],
    waiting: ["offline", "The connection is lost; trying again"],
    gone: ["offline", "The connection is lost"]
};

/** Say whether what is on screen is live: one of the states of comms.js. */
export function showState(key, { readOnly = false } = {}) {
    const state = document.getElementById("bar-state");
    const [word, title] = STATES[key];
    state.textContent = word + (readOnly && key === "live" ? ", view only" : "");
    state.title = title;
    state.className = key;
}

export function createBar({ urls, session, readOnly }) {
    const name = document.getElementById("bar-name");
    const select = document.getElementById("bar-session");
    const note = document.getElementById("bar-note");
    name.textContent = session;
    name.href = new URL(urls.sessions, location.href).href;
    document.title = session === "default" ? "cadcast" : `${session} – cadcast`;
    select.addEventListener("change", () => {
        location.href = sessionUrl(urls, select.value);
    });

    /** The sessions there are; ours is always among them, even before it holds anything. */
    function setSessions(names) {
        const all = [...new Set([session, ...names])].sort((a, b) =>
            a === "default" ? -1 : b === "default" ? 1 : a.localeCompare(b)
        );
        const options = all.map((each) => {
            const option = document.createElement("option");
            option.value = each;
            option.textContent = each;
            return option;
        });
        // Rebuilding an open list under somebody's pointer would close it.
        const listed = Array.from(select.options, (option) => option.value);
        if (listed.join() !== all.join()) {
            select.replaceChildren(...options);
            select.value = session;
        }
        select.hidden = all.length < 2;
        name.textContent = all.length < 2 ? session : "all sessions";
    }

    /** A short remark beside the name, or none. */
    function setNote(text, title = "") {
        note.textContent = text;
        note.title = title;
        note.hidden = text === "";
    }

    return { setState: (key) => showState(key, { readOnly }), setSessions, setNote };
}
