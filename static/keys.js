// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The renderer's shortcuts work while its element has the focus. It gets the focus if nothing
// else has it, and keys that are pressed then; and a sheet, opened with "?", lists them.

import { at, element } from "./dom.js";

const BEFORE_KEY = " › "; // in the renderer's tooltips
const WRITING = "input:not([type=button], [type=checkbox], [type=radio], [type=range]), textarea, select";
// What the page and the renderer have besides, with the keys.
const FIXED = [
    ["Play or pause the animation", "Space"],
    ["Stop the animation, close a panel, unselect all", "Esc"],
    ["Pick only vertices, edges, faces, solids; all again", "v e f s a"],
    ["Unselect the last object while measuring", "Backspace"],
    ["Copy the point under the pointer", "Ctrl C"],
    ["In the tree: move, open and close", "↑ ↓ → ←"],
    ["In the tree: show or hide faces and edges, edges alone, pick", "Space e Enter"],
    ["Move a cross over the picture; pick what is below it", "↑ ↓ → ← Enter"],
    ["Facts and parts of the model, and search", "/"]
];
// What not every page has, by what does it.
const MORE = [
    ["step", "The picture before this one, and the one after it", ", ."],
    ["compare", "Compare: before and after in turn; both, with what differs in colour", "c d"]
];

const viewer = () => at("cad_viewer");
const isFree = () => document.activeElement === null || document.activeElement === document.body;

/** Give the renderer the focus if nothing has it. A page inside of another one may not take its. */
export function focusViewer() {
    if (isFree() && (window.top === window || document.hasFocus())) {
        viewer().focus({ preventScroll: true });
    }
}

/** The renderer's own, as it has been configured: [what it does, its key]. */
function ofRenderer() {
    const tooltips = [...viewer().querySelectorAll(`[data-tooltip*="${BEFORE_KEY}"]`)];
    return tooltips.map((tool) => tool.getAttribute("data-tooltip").split(BEFORE_KEY));
}

/** @param {string[]} words  what it does, and its key */
function row([what, key]) {
    const cap = /** @type {HTMLTableCellElement} */ (element("th", key));
    cap.scope = "row";
    return element("tr", "", [cap, element("td", what)]);
}

let more = []; // of MORE: what this page has

/** Open the list of keys. */
export function openSheet() {
    const sheet = at("keys");
    if (!sheet.open) {
        const rows = [...ofRenderer(), ...FIXED, ...more, ["This list", "?"]];
        at("keys-list").replaceChildren(...rows.map(row));
        sheet.showModal();
        // The button that has the focus is at its end.
        sheet.focus();
        sheet.scrollTop = 0;
    }
}

function pressed(event, away) {
    if (event.key === "Tab") {
        document.body.classList.add("keyboard");
    }
    if (event.ctrlKey || event.altKey || event.metaKey) {
        return;
    }
    const writing = event.target instanceof Element && event.target.matches(WRITING);
    if (event.key === "?" && !writing) {
        event.preventDefault();
        openSheet();
    } else if (event.key === "/" && !writing) {
        event.preventDefault();
        at("model").showPopover();
        at("model-find").focus();
    } else if ((event.key === "," || event.key === ".") && !writing) {
        away.step?.(event.key === "," ? -1 : 1);
    } else if ((event.key === "c" || event.key === "d") && away.compare !== undefined && !writing) {
        away.compare(event.key);
    } else if (isFree() && event.target === document.body) {
        focusViewer();
        // Those who listen to the whole document have it already.
        const again = new KeyboardEvent("keydown", { key: event.key, shiftKey: event.shiftKey, cancelable: true });
        if (!viewer().dispatchEvent(again)) {
            event.preventDefault();
        }
    }
}

/** @param {{ step?: (by: number) => void, compare?: (key: string) => void }} away  what the page has of away.js */
export function watchKeys(away) {
    more = MORE.filter(([what]) => what in away).map(([, ...words]) => words);
    window.addEventListener("keydown", (event) => pressed(event, away));
    window.addEventListener("pointerdown", () => document.body.classList.remove("keyboard"));
    const sheet = at("keys");
    at("keys-close").addEventListener("click", () => sheet.close());
    // What is pressed over the sheet is not meant for the model.
    sheet.addEventListener("keydown", (event) => event.stopPropagation());
    sheet.addEventListener("close", focusViewer);
}
