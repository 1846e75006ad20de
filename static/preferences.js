// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Settings that a person chose for this browser. They win over the server's and the kernels';
// "as the server says" takes one back.

import { applyTheme } from "./config.js";
import { element } from "./dom.js";
import { BROWSER, keep, keptJson } from "./store.js";

const KEY = "cadcast-settings";
const ON_OFF = { on: true, off: false };
const SPEEDS = { slow: 0.5, normal: 1, fast: 2 };

// By the renderer's names: what it is called, and the words for its values.
export const CHOICES = {
    theme: ["Theme", { light: "light", dark: "dark" }],
    ortho: ["Camera", { orthographic: true, perspective: false }],
    glass: ["Tree", { "over the picture": true, "beside it": false }],
    axes: ["Axes", ON_OFF],
    transparent: ["Transparent", ON_OFF],
    blackEdges: ["Black edges", ON_OFF],
    rotateSpeed: ["Turning speed", SPEEDS],
    zoomSpeed: ["Zoom speed", SPEEDS],
    panSpeed: ["Moving speed", SPEEDS]
};

function read() {
    const known = ([key, value]) => Object.values(CHOICES[key]?.[1] ?? {}).includes(value);
    return Object.fromEntries(Object.entries(keptJson(BROWSER, KEY) ?? {}).filter(known));
}

/** Another window of this browser, or another page in this one, has chosen. */
function watchOthers(onChange) {
    globalThis.addEventListener?.("storage", ({ key }) => key === KEY && onChange());
}

/**
 * The theme of a page without a model: the person's, else the server's.
 *
 * @param {string | undefined} server
 */
export function followTheme(server) {
    const follow = () => applyTheme(read().theme ?? server);
    follow();
    watchOthers(follow);
}

/**
 * @param {(config: Record<string, any>) => void} apply  these settings are to hold now
 * @param {string} none  what stands for none of them
 * @returns `{configFor, fill, forget}`
 */
export function createPreferences(apply, none = "as the server says") {
    let own = read();
    let server = {}; // the last value of each setting that was not a person's

    function hold(key) {
        const next = own[key] ?? server[key];
        if (next !== undefined) {
            apply({ [key]: next });
        }
    }

    function choose(key, value) {
        const others = Object.fromEntries(Object.entries(own).filter(([other]) => other !== key));
        own = value === undefined ? others : { ...others, [key]: value };
        keep(BROWSER, KEY, JSON.stringify(own));
        hold(key);
    }

    watchOthers(() => {
        const before = own;
        own = read();
        Object.keys(CHOICES).filter((key) => own[key] !== before[key]).forEach(hold);
    });

    function makeChoice(key) {
        const [label, values] = CHOICES[key];
        const select = /** @type {HTMLSelectElement} */ (element("select"));
        select.name = key;
        select.append(new Option(none, ""), ...Object.keys(values).map((word) => new Option(word)));
        select.value = Object.keys(values).find((word) => values[word] === own[key]) ?? "";
        select.addEventListener("change", () => choose(key, values[select.value]));
        return element("label", label, [select]);
    }

    return {
        /** Settings that came from the server or a kernel, with this browser's in their place. */
        configFor(config) {
            server = { ...server, ...config };
            return { ...config, ...own };
        },

        /** The same for a message that changes some settings. */
        changesFor(config) {
            server = { ...server, ...config };
            return Object.fromEntries(Object.entries(config).filter(([key]) => !(key in own)));
        },

        /** The choices, in there. */
        fill(box) {
            box.replaceChildren(...Object.keys(CHOICES).map(makeChoice));
        },

        /** All as the server says. */
        forget() {
            Object.keys(own).forEach((key) => choose(key, undefined));
        }
    };
}
