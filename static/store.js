// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What this browser keeps, or this window alone. A person may have forbidden it; then it holds
// until the page is left.

export const BROWSER = "localStorage";
export const WINDOW = "sessionStorage";

/** @returns {string | null} */
export function kept(place, key) {
    try {
        return globalThis[place].getItem(key);
    } catch {
        return null;
    }
}

/** @returns {any}  null for what is none */
export function keptJson(place, key) {
    try {
        return JSON.parse(kept(place, key));
    } catch {
        return null;
    }
}

/** @returns whether it is kept */
export function keep(place, key, text) {
    try {
        globalThis[place].setItem(key, text);
        return true;
    } catch {
        return false;
    }
}
