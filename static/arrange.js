// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Which sessions the list shows, and in which order; and what this browser keeps of that.

/** @import { Session } from "../tools/page-checks/messages" */
import { BROWSER, keep, keptJson } from "./store.js";

const KEY = "cadcast-sessions";

const MAIN = "default";

export const SORTS = {
    name: (a, b) => Number(b.name === MAIN) - Number(a.name === MAIN) || a.name.localeCompare(b.name),
    shown: (a, b) => b.when - a.when,
    size: (a, b) => b.bytes - a.bytes
};

/**
 * Pinned ones first, in this browser or in all; the search looks at names of sessions and of what they show.
 *
 * @param {Session[]} sessions
 * @param {{ sort: string, pinned: string[], text: string }} wanted
 */
export function arrange(sessions, { sort, pinned, text }) {
    const words = text.toLowerCase().split(/\s+/);
    const matches = ({ name, models }) => {
        const whole = [name, ...(models ?? [])].join(" ").toLowerCase();
        return words.every((word) => whole.includes(word));
    };
    const rank = (session) => (session.pinned || pinned.includes(session.name) ? 0 : 1);
    const by = SORTS[sort] ?? SORTS.name;
    return sessions.filter(matches).sort((a, b) => rank(a) - rank(b) || by(a, b) || SORTS.name(a, b));
}

/** Whether it goes when it is cleared: no browser shows it, and it is not the main one. */
export const isRemovable = ({ name, browsers }) => name !== MAIN && browsers === 0;

export function loadWanted() {
    const { sort, pinned } = keptJson(BROWSER, KEY) ?? {};
    const names = Array.isArray(pinned) ? pinned.map(String) : [];
    return { sort: Object.hasOwn(SORTS, sort) ? sort : "name", pinned: names, text: "" };
}

export function keepWanted({ sort, pinned }) {
    keep(BROWSER, KEY, JSON.stringify({ sort, pinned }));
}
