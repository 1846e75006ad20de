// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The facts in the sheet about the model: of all of it, and of the part chosen.

import { at, element } from "./dom.js";
import { factsOf, lengthIn, nodeOf, unit, withUnit } from "./facts.js";
import { exactly, massOf, onMesh } from "./mass.js";
import { readableBytes } from "./notices.js";
import { boxOf } from "./search.js";
import { BROWSER, keep, kept } from "./store.js";

const DENSITY = "cadcast-density";

/** @param {string[][]} lines  what, and its value */
const fill = (list, lines) =>
    list.replaceChildren(...lines.flatMap(([what, value]) => [element("dt", what), element("dd", value)]));

function counts({ parts, faces, edges, triangles }) {
    const all = { Parts: parts, Faces: faces, Edges: edges, Triangles: triangles };
    return Object.entries(all).map(([what, value]) => [what, value.toLocaleString("en")]);
}

const boxLine = (box) =>
    ["Bounding box", box === null ? "unknown" : `${box.map((size) => lengthIn(unit(), size)).join(" × ")}\u00a0${unit()}`];

/** @returns a function that writes the facts as they are now */
export function createFigures({ model, viewer, real, massUrl, interaction }) {
    const material = at("model-material");
    const density = at("model-density"); // the materials' values are densities, too
    let found = new Map(); // the sizes by path, of the model of that key
    let key = null;

    async function find(path, of) {
        const exact = await exactly(massUrl(path));
        if (of === key && viewer() !== null) {
            found.set(path, { exact: exact !== null, ...(exact ?? onMesh(viewer(), path)) });
            show();
        }
    }

    /** Volume, area and mass; they come a moment later the first time. */
    function sizesOf(path) {
        const sizes = found.get(path);
        if (sizes === undefined) {
            found.set(path, null);
            find(path, key);
        }
        if (sizes == null) {
            return [["Volume", "…"]];
        }
        const { volume, area, exact } = sizes;
        const weighs = volume !== null && density.value > 0;
        return [
            ["Volume", volume === null ? "none: nothing is closed" : withUnit(["volume", volume])],
            ["Area", withUnit(["area", area])],
            ...(weighs ? [["Mass", massOf(volume, density.value, unit())]] : []),
            ["Taken", exact ? "exactly" : "from the mesh: approximate"]
        ];
    }

    function showChosen(data, path) {
        const node = path == null ? null : nodeOf(data.shapes, path);
        at("model-part").hidden = node === null;
        if (node !== null) {
            const { min, max } = boxOf(viewer(), path, true);
            at("model-part-name").textContent = `Part: ${real(path.slice(path.lastIndexOf("/") + 1))}`;
            const facts = factsOf({ ...data, shapes: node });
            fill(at("model-part-facts"), [...counts(facts), boxLine(max.sub(min).toArray()), ...sizesOf(path)]);
        }
    }

    function show() {
        const { key: now, name, data, bytes } = model();
        if (now !== key) {
            key = now;
            found = new Map();
        }
        if (data === null || viewer() === null) {
            fill(at("model-facts"), [["Model", "none is shown"]]);
            at("model-part").hidden = true;
            return;
        }
        const facts = factsOf(data);
        fill(at("model-facts"), [
            ["Model", name],
            ...counts(facts),
            ["Size of the data", readableBytes(bytes)],
            boxLine(facts.box),
            ...sizesOf(data.shapes.id)
        ]);
        showChosen(data, interaction()?.chosen);
    }

    function weigh(from) {
        density.value = from.value;
        material.value = from.value;
        keep(BROWSER, DENSITY, from.value);
        show();
    }

    density.value = kept(BROWSER, DENSITY) ?? "";
    material.value = density.value;
    [material, density].forEach((each) => each.addEventListener("change", () => weigh(each)));
    return show;
}
