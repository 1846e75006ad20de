// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// A link that carries the view: behind "#view=" the model's name and what view.js restores, as
// JSON in base64url. A link comes from outside, so only values of known kinds are taken.

import { VIEW_KEYS } from "./view.js";

const BEGIN = "#view=";
const LONGEST = 8000; // what chats and mails still take as one link
const TABS = ["tree", "clip", "zebra", "material", "studio"];

const round = (key, value) => (typeof value === "number" ? Number(value.toPrecision(7)) : value);
const isNumbers = (value) => Array.isArray(value) && value.length <= 4 && value.every(Number.isFinite);
const isPoint = (value) => [value?.x, value?.y, value?.z].every(Number.isFinite);

function isStates(value) {
    return value !== null && typeof value === "object" && Object.values(value).every(isNumbers);
}

function isGood([key, value]) {
    if (key === "states") {
        return isStates(value);
    }
    if (key === "tab") {
        return TABS.includes(value);
    }
    const known = VIEW_KEYS.includes(key);
    return known && (typeof value === "boolean" || Number.isFinite(value) || isNumbers(value) || isPoint(value));
}

function toText(content) {
    const bytes = new TextEncoder().encode(JSON.stringify(content, round));
    const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {string} model  the name of the model on screen
 * @param {Record<string, any>} view  as the renderer reports it
 * @returns the part of an address from its "#" on; without the tree's states if they are too many
 */
export function viewToHash(model, view) {
    const good = Object.fromEntries(Object.entries(view).filter(isGood));
    const whole = BEGIN + toText({ model, view: good });
    return whole.length > LONGEST ? BEGIN + toText({ model, view: { ...good, states: undefined } }) : whole;
}

/**
 * @param {string} hash  of an address
 * @returns `{model, view}`, or null if the hash holds no view
 */
export function viewFromHash(hash) {
    if (!hash.startsWith(BEGIN)) {
        return null;
    }
    try {
        const binary = atob(hash.slice(BEGIN.length).replaceAll("-", "+").replaceAll("_", "/"));
        const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
        const { model, view } = JSON.parse(new TextDecoder().decode(bytes));
        return { model: String(model), view: Object.fromEntries(Object.entries(view).filter(isGood)) };
    } catch {
        return null;
    }
}
