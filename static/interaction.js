// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What lies over the picture: the dimensions of the box around the model or the part chosen, what
// was measured, the menu of a part, and the keyboard's cross. It is loaded once there is a picture.

import { createCross } from "./cross.js";
import { at } from "./dom.js";
import { hasUnit, lengthIn, unit, withUnit } from "./facts.js";
import { createOverlay } from "./overlay.js";
import { createPartMenu } from "./partmenu.js";
import { boxOf } from "./search.js";
import { WINDOW, keep, kept } from "./store.js";

const DRAWN = { "model-frame": "off", "model-draw": "on" }; // if a person chose nothing

/**
 * @param {object} tools
 * @param {any} tools.viewer  three-cad-viewer's
 * @param {() => { key: string, data: any }} tools.model  what is shown
 * @param {ReturnType<typeof import("./measurements.js").createMeasurements>} tools.measurements
 * @param {(path: string) => string} tools.realPath
 * @param {() => void} tools.properties  shows the facts of the part chosen
 */
export function createInteraction({ viewer, model, measurements, realPath, properties }) {
    const overlay = createOverlay(viewer);
    const watchers = [];
    let chosen = null;

    const wanted = (id) => kept(WINDOW, id) ?? DRAWN[id];

    function marks() {
        const { key } = model();
        const rows = measurements.rows.filter((row) => row.model === key && row.points?.length > 0);
        return rows.map(({ points, values }) => {
            const main = values.find(([name]) => hasUnit(name));
            return { points, label: main === undefined ? "" : withUnit(main) };
        });
    }

    function frame() {
        const box = chosen === null ? viewer.bbox : boxOf(viewer, chosen, true);
        const [min, max] = [box.min.toArray(), box.max.toArray()];
        return { min, max, labels: max.map((high, axis) => `${lengthIn(unit(), high - min[axis])} ${unit()}`) };
    }

    function redraw() {
        const framed = viewer.ready && wanted("model-frame") === "on";
        overlay.show(wanted("model-draw") === "on" ? marks() : [], framed ? frame() : null);
    }

    /** A box in the sheet about the model holds for this window. */
    function follow(id) {
        at(id).checked = wanted(id) === "on";
        at(id).addEventListener("change", () => {
            keep(WINDOW, id, at(id).checked ? "on" : "off");
            redraw();
        });
    }

    viewer.onAfterRender = () => {
        const now = viewer.lastBbox?.id ?? null;
        overlay.move();
        if (now !== chosen) {
            chosen = now;
            redraw();
            watchers.forEach((run) => run());
        }
    };
    measurements.watch(redraw);
    Object.keys(DRAWN).forEach(follow);
    const menu = createPartMenu({ viewer, realPath, properties, pointed: createCross(viewer) });
    redraw();

    return {
        menu,

        /** The path of the part chosen, or null. */
        get chosen() {
            return chosen;
        },

        /** To be called if another model or another unit is shown. */
        redraw,

        /** @param {() => void} run  called when another part was chosen */
        watch: (run) => watchers.push(run)
    };
}
