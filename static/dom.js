// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

/** @returns {any} */
export const at = (id) => document.getElementById(id);

/** @param {(Node | string)[]} children */
export function element(name, text = "", children = []) {
    const made = document.createElement(name);
    made.textContent = text;
    made.append(...children);
    return made;
}

/** @param {string} label  what a screen reader says, if not the text */
export function button(text, run, label = "") {
    const made = /** @type {HTMLButtonElement} */ (element("button", text));
    made.type = "button";
    made.addEventListener("click", run);
    if (label !== "") {
        made.setAttribute("aria-label", label);
    }
    return made;
}
