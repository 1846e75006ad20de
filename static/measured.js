// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The list of measurements in the sheet about the model: copied, saved, and drawn on the model.

import { copyText } from "./clipboard.js";
import { at, element } from "./dom.js";
import { withUnit } from "./facts.js";
import { downloadText } from "./menu.js";
import { sayBriefly } from "./notices.js";
import { toCsv, toText } from "./table.js";

/** @returns a function that writes the list anew */
export function createMeasured(session, measurements) {
    function show() {
        const { rows } = measurements;
        at("model-measured").replaceChildren(...rows.map(({ tool, of, values }) => {
            const lines = values.map((pair) => element("span", `${pair[0].replace("⇒", "along")}: ${withUnit(pair)}`));
            return element("li", of === "" ? tool : `${tool} of ${of}`, lines);
        }));
        at("model-unmeasured").hidden = rows.length > 0;
        at("model").querySelectorAll(".measured button").forEach((each) => {
            each.disabled = rows.length === 0;
        });
    }

    async function copy() {
        const done = await copyText(toText(measurements.rows));
        const text = done ? "The measurements are in the clipboard." : "The browser forbids copying: save them.";
        sayBriefly("copied", text);
    }

    at("model-copy").addEventListener("click", copy);
    at("model-save").addEventListener("click", () =>
        downloadText(toCsv(measurements.rows), "text/csv", `${session}-measurements.csv`));
    at("model-forget").addEventListener("click", measurements.clear);
    measurements.watch(show);
    return show;
}
