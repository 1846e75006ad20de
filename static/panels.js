// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Two things that the measuring tools show, in words that are right: what is called the
// "center" of a flat or round face is where its surface has its origin, and while exact values
// are in the panel the status line keeps its figures of the mesh to itself.

/** @import { BackendResponse } from "../tools/page-checks/messages" */

const WITH_ORIGIN = new Set(["Plane", "Cylinder", "Cone"]);
const MEASURING = new Set(["DistanceMeasurement", "PropertiesMeasurement"]);
const NEAR = "≈";

const renamed = (group) =>
    Object.fromEntries(Object.entries(group).map(([key, value]) => [key === "center" ? "origin" : key, value]));

/**
 * The answer as the panel is to show it; its values stay.
 *
 * @template {BackendResponse & Record<string, any>} A
 * @param {A} answer
 * @returns {A}
 */
export function forPanel(answer) {
    if (answer.shape_type !== "Face" || !WITH_ORIGIN.has(answer.geom_type)) {
        return answer;
    }
    const groups = ["result", "groups"].filter((key) => Array.isArray(answer[key]));
    const named = groups.map((key) => [key, answer[key].map(renamed)]);
    return { ...answer, ...Object.fromEntries(named) };
}

/** What a status line says without figures of the mesh: "plane" for "plane: area ≈ 1087.09". */
export const withoutFigures = (text) => (text.includes(NEAR) ? text.split(":")[0] : text);

/**
 * @param {Element} container  the renderer's
 * @returns `{tool, watch}`: tool(name) when a person took that tool or put it away; watch() once
 *          the status line is there
 */
export function createPanels(container) {
    let measuring = false;
    let line = null;

    function clean() {
        if (measuring && line !== null && line.textContent.includes(NEAR)) {
            line.textContent = withoutFigures(line.textContent);
        }
    }

    return {
        tool(name) {
            measuring = MEASURING.has(name);
            clean();
        },

        watch() {
            if (line === null) {
                line = container.querySelector(".tcv_status_line");
                new MutationObserver(clean).observe(line, { childList: true });
            }
        }
    };
}
