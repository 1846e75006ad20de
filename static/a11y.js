// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Names, roles and keys for what the renderer makes of spans and pictures: its buttons have
// tooltips and no names, its toggles hear the mouse only. The tree is treekeys.js's.

import { watchTree } from "./treekeys.js";

const KEY_IN_TOOLTIP = /\s*›.*$/s;
const ROW = ".tcv_studio_row, .tcv_slider_group, .tcv_mat_editor_row";
const ROW_LABEL = ".tcv_label, .tcv_mat_editor_label";
const NAMES = {
    tcv_animation_slider: "Place in the animation",
    tcv_zscale_slider: "Scale of z",
    tcv_toggle_info: "Info",
    tcv_toggle_tools_wrapper: "Tools",
    tcv_filter_content: "What can be picked"
};
// What hears clicks but is no button for the keyboard.
const CLICKED = ".tcv_toggle_info, .tcv_toggle_tools_wrapper, .tcv_filter_content, .tcv_filter_dropdown_value";

function nameOf(element) {
    for (const [of, name] of Object.entries(NAMES)) {
        if (element.classList.contains(of)) {
            return name;
        }
    }
    const tooltip = element.closest("[data-tooltip]")?.getAttribute("data-tooltip");
    const label = element.closest(ROW)?.querySelector(ROW_LABEL)?.textContent;
    return (tooltip?.replace(KEY_IN_TOOLTIP, "") || label?.split("=")[0].trim()) ?? null;
}

function set(element, attribute, value) {
    if (value !== null && element.getAttribute(attribute) !== value) {
        element.setAttribute(attribute, value);
    }
}

function nameControl(control) {
    const words = control.type === "button" && control.value !== "" && control.value.length > 1;
    if (!words && (control.labels === null || control.labels.length === 0)) {
        set(control, "aria-label", nameOf(control) || control.title || null);
    }
}

function makeButton(element) {
    set(element, "role", "button");
    set(element, "tabindex", "0");
    if (!element.matches(".tcv_filter_dropdown_value")) {
        set(element, "aria-label", nameOf(element));
    }
}

function pressed(event) {
    const button = event.target.closest(CLICKED);
    if (button === null || (event.key !== "Enter" && event.key !== " ")) {
        return;
    }
    event.preventDefault();
    event.stopPropagation();
    button.click();
}

function improve(root) {
    root.querySelectorAll("input, select").forEach(nameControl);
    root.querySelectorAll(CLICKED).forEach(makeButton);
}

const watched = new WeakSet();

/**
 * Begin to complete what the renderer makes in there, now and later; again does nothing.
 *
 * @param {Element} container  the renderer's, with its tools in it
 */
export function completeControls(container) {
    if (watched.has(container)) {
        return;
    }
    watched.add(container);
    const observer = new MutationObserver((records) => {
        const touched = new Set(records.map(({ target }) => target));
        touched.forEach((element) => improve(element));
    });
    const attributeFilter = ["data-tooltip"];
    observer.observe(container, { subtree: true, childList: true, attributeFilter });
    container.addEventListener("keydown", pressed);
    improve(container);
    watchTree(container);
}
