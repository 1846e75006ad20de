// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The sheet about the model: its facts, its parts by name, and what was measured. It stays open
// while a person works on the picture. It is loaded when it is opened for the first time.

import { copyText } from "./clipboard.js";
import { at, button, element } from "./dom.js";
import { UNITS, factsOf, lengthIn } from "./facts.js";
import { toCsv, toText } from "./measurements.js";
import { downloadText } from "./menu.js";
import { readableBytes, sayBriefly } from "./notices.js";
import { BROWSER, keep, kept } from "./store.js";
import { allPaths, alone, findParts, isShown, shown, zoomTo } from "./search.js";

const UNIT = "cadcast-unit";

/**
 * @param {object} tools
 * @param {string} tools.session
 * @param {() => { name: string, data: any, bytes: number }} tools.model  what is shown
 * @param {() => any} tools.viewer  three-cad-viewer's, null if no model is shown
 * @param {(path: string) => string} tools.real  a path, or a name in it, as a person knows it
 * @param {ReturnType<typeof import("./measurements.js").createMeasurements>} tools.measurements
 * @returns a function to be called when the sheet was opened, or another model is on screen
 */
export function createInspector({ session, model, viewer, real, measurements }) {
    const sheet = at("model");
    const units = at("model-units");
    const find = at("model-find");
    const numbers = (value) => value.toLocaleString("en");

    function showFacts() {
        const { name, data, bytes } = model();
        const facts = data === null ? null : factsOf(data);
        const unit = units.value;
        const box = facts?.box?.map((length) => lengthIn(unit, length)).join(" × ");
        /** @type {[string, string][]} */
        const lines = facts === null ? [["Model", "none is shown"]] : [
            ["Model", name],
            ["Parts", numbers(facts.parts)],
            ["Faces", numbers(facts.faces)],
            ["Edges", numbers(facts.edges)],
            ["Triangles", numbers(facts.triangles)],
            ["Size of the data", readableBytes(bytes)],
            ["Bounding box", box === undefined ? "unknown" : `${box} ${unit}`]
        ];
        const pair = ([what, value]) => [element("dt", what), element("dd", value)];
        at("model-facts").replaceChildren(...lines.flatMap(pair));
    }

    function found(path) {
        const label = real(path.slice(path.lastIndexOf("/") + 1));
        const change = (next) => () => {
            viewer().setStates(next(viewer().getStates(), path));
            showFound();
        };
        const visible = isShown(viewer().getStates(), path);
        const parent = path.slice(0, path.lastIndexOf("/"));
        const last = path.slice(parent.length + 1);
        const select = () => viewer().handlePick(parent, last, false, false, false, null);
        const line = element("li", "", [
            button(label, select, `Select ${label}`),
            button("only", change(alone), `Show ${label} alone`),
            button(visible ? "hide" : "show", change((states) => shown(states, path, !visible)),
                `${visible ? "Hide" : "Show"} ${label}`),
            button("zoom", () => zoomTo(viewer(), path), `Zoom to ${label}`)
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

    function showMeasured() {
        const { rows } = measurements;
        at("model-measured").replaceChildren(...rows.map(({ tool, of, values }) =>
            element("li", `${tool} of ${of}: `, [values.map((pair) => pair.join(" ")).join(", ")])));
        at("model-unmeasured").hidden = rows.length > 0;
        sheet.querySelectorAll(".measured button").forEach((each) => {
            each.disabled = rows.length === 0;
        });
    }

    async function copy() {
        const done = await copyText(toText(measurements.rows));
        const text = done ? "The measurements are in the clipboard." : "The browser forbids copying: save them.";
        sayBriefly("copied", text);
    }

    units.replaceChildren(...Object.keys(UNITS).map((unit) => new Option(unit)));
    units.value = kept(BROWSER, UNIT) ?? "mm";
    units.addEventListener("change", () => {
        showFacts();
        keep(BROWSER, UNIT, units.value);
    });
    find.addEventListener("input", showFound);
    at("model-copy").addEventListener("click", copy);
    at("model-save").addEventListener("click", () =>
        downloadText(toCsv(measurements.rows), "text/csv", `${session}-measurements.csv`));
    at("model-forget").addEventListener("click", measurements.clear);
    at("model-all").addEventListener("click", () => {
        const states = viewer()?.getStates();
        if (states !== undefined) {
            viewer().setStates(shown(states, "", true));
            showFound();
        }
    });
    sheet.addEventListener("keydown", (event) => {
        // What is pressed in the sheet is not meant for the model.
        event.stopPropagation();
        if (event.key === "Escape") {
            sheet.hidePopover();
        }
    });
    measurements.watch(showMeasured);
    showMeasured();

    return () => {
        if (sheet.matches(":popover-open")) {
            showFacts();
            showFound();
        }
    };
}
