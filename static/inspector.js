// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The sheet about the model: its facts, its parts by name, and what was measured. It stays open
// while a person works on the picture. It is loaded when it is opened for the first time.

import { at, button, element } from "./dom.js";
import { setUnit, unit } from "./facts.js";
import { createFigures } from "./figures.js";
import { createMeasured } from "./measured.js";
import { allPaths, choose, findParts, shown } from "./search.js";

/**
 * @param {object} tools
 * @param {string} tools.session
 * @param {() => { key: string, name: string, data: any, bytes: number }} tools.model  what is shown
 * @param {() => any} tools.viewer  three-cad-viewer's, null if no model is shown
 * @param {(path: string) => string} tools.real  a path, or a name in it, as a person knows it
 * @param {(path: string) => string | null} tools.massUrl  null: the server cannot measure
 * @param {ReturnType<typeof import("./measurements.js").createMeasurements>} tools.measurements
 * @param {() => any} tools.interaction  null before there is a model
 * @returns a function to be called when the sheet was opened, or another model is on screen
 */
export function createInspector(tools) {
    const { session, viewer, real, measurements, interaction } = tools;
    const sheet = at("model");
    const units = at("model-units");
    const find = at("model-find");
    const showFigures = createFigures(tools);
    const showMeasured = createMeasured(session, measurements);
    let watched = null;

    function found(path) {
        const label = real(path.slice(path.lastIndexOf("/") + 1));
        const open = ({ target }) => interaction()?.menu(path, target);
        const line = element("li", "", [
            button(label, () => choose(viewer(), path), `Select ${label}`),
            button("⋯", open, `Menu of ${label}`)
        ]);
        line.title = real(path);
        return line;
    }

    function showFound() {
        const states = viewer()?.getStates() ?? {};
        const paths = findParts(allPaths(Object.keys(states)), find.value, real);
        const list = at("model-found");
        const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
        list.replaceChildren(...paths.map(found));
        list.querySelectorAll("button")[focused]?.focus();
        at("model-count").textContent = find.value.trim() === "" ? "" : `${paths.length} found`;
    }

    /** Once there is a picture, what is chosen in it is followed. */
    function follow() {
        const over = interaction();
        if (over !== null && over !== watched) {
            watched = over;
            over.watch(() => sheet.matches(":popover-open") && showFigures());
        }
    }

    function show() {
        if (sheet.matches(":popover-open")) {
            follow();
            showFigures();
            showFound();
            showMeasured();
        }
    }

    units.value = unit();
    units.addEventListener("change", () => {
        setUnit(units.value);
        interaction()?.redraw();
        show();
    });
    find.addEventListener("input", showFound);
    at("model-all").addEventListener("click", () => {
        const states = viewer()?.getStates();
        if (states !== undefined) {
            viewer().setStates(shown(states, "", true));
        }
    });
    sheet.addEventListener("keydown", (event) => {
        // What is pressed in the sheet is not meant for the model.
        event.stopPropagation();
        if (event.key === "Escape") {
            sheet.hidePopover();
        }
    });
    return show;
}
