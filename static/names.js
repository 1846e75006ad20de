// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Parts' names as the renderer can take them. It joins them to paths with "/" and takes the
// paths apart there, hands them to three.js with "|" between them, puts them into its page as
// HTML, and keeps them as an object's keys. So a character with a meaning in any of these is
// replaced by a look-alike behind a mark; in the page the real one is put back, as text.
// Everything outside of the renderer, the kernel first, knows the real names only.

/** @import { Message, Settings, Status } from "../tools/page-checks/messages" */

const MARK = "\u2063"; // invisible, and twice where a name has it itself
const NOTHING = "\u2064"; // behind a mark: no character at all
const LOOKS = {
    "/": "\u2215",
    "|": "\u2223",
    "<": "\u2039",
    ">": "\u203a",
    "&": "\uff06",
    '"': "\u2033",
    "\\": "\u2216",
    "[": "\u27e6",
    "]": "\u27e7",
    ":": "\u2236",
    ".": "\u2024",
    "\n": "\u240a",
    "\r": "\u240d",
    "\f": "\u240c",
    "\0": "\u2400"
};
const REAL = { [NOTHING]: "" };
for (const [real, look] of Object.entries(LOOKS)) {
    REAL[look] = real;
}
// three.js takes the word after such a dot for a part of the object.
const SPECIAL = /[/|<>&"\\[\]:\n\r\f\0\u2063]|\.(?=(?:materials?|bones|map)$)/g;
// A key of these is none of the object's own, or not in the place where it was put.
const ODD_KEY = /^(?:__proto__|0|[1-9]\d*)$/;

const behindMark = (character) => MARK + (LOOKS[character] ?? character);

function encode(name) {
    if (name === "") {
        return MARK + NOTHING;
    }
    return ODD_KEY.test(name) ? MARK + name : name.replace(SPECIAL, behindMark);
}

/** The text with the real names in it. */
export function decode(text) {
    return text.replace(/\u2063([^])/g, (_, character) => REAL[character] ?? character);
}

/** Put the real names into what is shown below `root`. */
function reveal(root) {
    if (root.nodeType === Node.TEXT_NODE) {
        if (root.data.includes(MARK)) {
            root.data = decode(root.data);
        }
        return;
    }
    if (root.title?.includes(MARK)) {
        root.title = decode(root.title);
    }
    root.childNodes.forEach(reveal);
}

function keepRevealed(container) {
    const observer = new MutationObserver((records) => {
        records.forEach(({ target, addedNodes, type }) => {
            (type === "childList" ? [...addedNodes] : [target]).forEach(reveal);
        });
        // What was put in just now is right, also if it holds the mark.
        observer.takeRecords();
    });
    const attributeFilter = ["title"];
    observer.observe(container, { subtree: true, childList: true, characterData: true, attributeFilter });
}

/**
 * @param {Element} container  where the renderer shows names
 * @returns `{inward, outward, realPath}`: inward(message) is that message with the renderer's
 *          names, its shapes changed in place; outward(changes) is what the renderer
 *          reports with the real ones; realPath(path) is one of its paths with them
 */
export function createNames(container) {
    let reals = new Map(); // the real path of each that has another in the renderer
    let others = new Map(); // the renderer's paths of each real one that has others there
    let revealing = false;
    const translated = new WeakMap(); // tree states that were reported, which are the same for long

    /** `again` if a sister has that real path too, under that path or another one. */
    function note(path, real, again) {
        reals.set(path, real);
        others.set(real, [...(others.get(real) ?? (again ? [real] : [])), path]);
    }

    function rename(node, parent, taken) {
        const own = encode(String(node.name));
        let key = own;
        while (taken.has(key)) {
            key += MARK + NOTHING;
        }
        taken.add(key);
        const path = `${parent}/${key}`;
        if (path !== node.id) {
            note(path, node.id, key !== own);
        }
        node.name = key;
        node.id = path;
        const below = new Set();
        node.parts?.forEach((part) => rename(part, path, below));
    }

    function model(shapes) {
        reals = new Map();
        others = new Map();
        rename(shapes, "", new Set());
        if (reals.size > 0 && !revealing) {
            revealing = true;
            keepRevealed(container);
        }
    }

    /** The real path, also of a face or an edge, whose path begins with its part's. */
    function realPath(path) {
        for (let end = path.length; reals.size > 0 && end > 0; end = path.lastIndexOf("/", end - 1)) {
            const real = reals.get(path.slice(0, end));
            if (real !== undefined) {
                return real + path.slice(end);
            }
        }
        return path;
    }

    function realStates(states) {
        if (!translated.has(states)) {
            const entries = Object.entries(states).map(([path, state]) => [realPath(path), state]);
            translated.set(states, Object.fromEntries(entries));
        }
        return translated.get(states);
    }

    function realPick({ path, name, ...rest }) {
        const whole = realPath(`${path}/${name}`);
        const real = decode(name);
        return { ...rest, path: whole.slice(0, whole.length - real.length - 1), name: real };
    }

    const rendererPaths = (real) => others.get(real) ?? [real];

    /** @param {Settings} config */
    function settings(config) {
        if (config?.states == null || typeof config.states !== "object") {
            return config;
        }
        const entries = Object.entries(config.states).flatMap(([real, state]) =>
            rendererPaths(real).map((path) => [path, state])
        );
        return { ...config, states: Object.fromEntries(entries) };
    }

    const track = ([real, ...rest]) => rendererPaths(real).map((path) => [path, ...rest]);

    return {
        realPath,

        /**
         * @template {Message} M
         * @param {M} message
         * @returns {M}
         */
        inward(message) {
            if (message.type === "data") {
                model(message.data.shapes);
                return { ...message, config: settings(message.config) };
            }
            if (message.type === "ui") {
                return { ...message, config: settings(message.config) };
            }
            if (message.type === "animation" && Array.isArray(message.data)) {
                return { ...message, data: message.data.flatMap(track) };
            }
            return message;
        },

        /**
         * @param {Status} changes
         * @returns {Status}
         */
        outward(changes) {
            if (reals.size === 0) {
                return changes;
            }
            const { states, lastPick, selectedShapeIDs: ids } = changes;
            const result = { ...changes };
            if (states != null) {
                result.states = realStates(states);
            }
            if (typeof lastPick?.name === "string") {
                result.lastPick = realPick(lastPick);
            }
            if (Array.isArray(ids)) {
                result.selectedShapeIDs = ids.map((id) => (typeof id === "string" ? realPath(id) : id));
            }
            return result;
        }
    };
}
