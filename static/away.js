// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What a window shows instead of the session's last picture: an earlier one (history.js), or a
// comparison (compare.js). What the server sends meanwhile is held back, and asked for again when
// the window returns.

import { at } from "./dom.js";
import { lazily } from "./lazy.js";

const NEWER = ["model", "data", "clear", "empty"];
const SHEETS = ["model", "history", "compare"]; // they have the same place

/**
 * @typedef {object} Owner  of what is on screen
 * @property {() => void} left  something else is on screen now
 * @property {() => boolean} stays  whether it is to stay though the session shows something new
 * @property {string} step  names the picture in a query; it may throw
 * @property {number | null} number  of the step of the history; null: only this window looks at it
 */

/**
 * @typedef {object} Tools
 * @property {(address?: string) => void} look  keeps the view for the model of that address
 * @property {(message: any) => void} push  shows it
 * @property {() => void} renew  asks for the session's picture
 * @property {(path: string) => string} url  of what the session has
 * @property {(path: string) => string} root  an address below the server's root
 * @property {() => string} session
 * @property {(number: number | null) => void} stepped  is told the number of what is on screen
 * @property {() => boolean | undefined} stays  whether a new show leaves an earlier picture on screen
 * @property {any} scene
 */

/** @param {Tools} tools */
export function createAway({ look, push, renew, stepped, ...rest }) {
    /** @type {Owner | null} */
    let owner = null;
    let newest = null; // message of a model
    let steps = [];

    /** The number of the step on screen; 0: the last picture, null: a comparison. */
    const number = () => (owner === null ? 0 : owner.number);

    /** @param {Owner | null} next */
    function change(next, address) {
        const last = owner;
        owner = next;
        stepped(number());
        look(address);
        if (last !== next) {
            last?.left();
        }
    }

    const tools = {
        ...rest,
        push,
        steps: () => steps,
        newest: () => newest,
        change,
        back() {
            if (owner !== null) {
                change(null, newest?.url);
                renew();
            }
        }
    };
    let history = null; // once it was loaded
    let compare = null;
    const earlier = lazily("Earlier pictures", async () => {
        const { createHistory } = await import("./history.js");
        return (history ??= createHistory(tools));
    });
    const comparing = lazily("Comparing", async () => {
        const { createCompare } = await import("./compare.js");
        return (compare ??= createCompare({ ...tools, earlier: () => history?.number ?? 0 }));
    });

    let fromMenu = false;

    function opens({ newState, target }) {
        if (newState === "open") {
            fromMenu = at("menu").matches(":popover-open");
            ["menu", ...SHEETS].filter((id) => id !== target.id).forEach((id) => at(id).hidePopover());
        }
    }

    /** The keyboard goes where the menu led. */
    function opened({ newState, target }) {
        if (newState === "open" && fromMenu) {
            target.querySelector(".close").focus();
        }
    }

    for (const id of SHEETS) {
        at(id).addEventListener("beforetoggle", opens);
        at(id).addEventListener("toggle", opened);
    }
    at("history").addEventListener("toggle", async () => (await earlier())?.list());
    at("compare").addEventListener("toggle", async () => (await comparing())?.list());
    return {
        /** Whether the last picture is not on screen. */
        get on() {
            return owner !== null;
        },

        get number() {
            return number();
        },

        get query() {
            return owner?.step ?? "";
        },

        /** @param {number} step  0: the last picture */
        go: async (step) => (step === 0 ? tools.back() : (await earlier())?.go(step)),

        /** @param {number} by */
        step: async (by) => (await earlier())?.move(by),

        /** @param {string} key */
        compare: async (key) => (await comparing())?.key(key),

        /** Another model is on screen. */
        drawn: () => compare?.drawn(),

        history(message) {
            steps = message.steps;
            history?.list();
            compare?.list();
        },

        /** Whether a message is not for what is on screen. */
        holds(message) {
            const last = newest;
            if (message.type === "model" && message.preview !== true) {
                newest = message;
            }
            const newer = NEWER.includes(message.type) && !message.preview && message.number !== last?.number;
            if (owner !== null && newer && !owner.stays()) {
                change(null, message.url);
            }
            return owner !== null && message.type !== "follow";
        }
    };
}
