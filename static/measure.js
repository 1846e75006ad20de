// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Who measures: the server ("exact"), a program connected to it ("external"), or the
// renderer on the mesh alone ("mesh"). The server says it, and may say another thing later.

import { say, unsay } from "./notices.js";

const TOOLS = new Set(["DistanceMeasurement", "PropertiesMeasurement"]);
const NOTE = "measured on the mesh: approximate";
const WHY = "The server has no geometry kernel; curved lengths and areas are near their true values.";

/**
 * @param how       "exact", "external" or "mesh"
 * @param setNote   (text, title) => void, a remark for the person; "" takes it away
 * @param onChange  (whether somebody else than the renderer measures) => void
 */
export function createMeasure({ how, setNote, onChange }) {
    let tool = null;

    function note() {
        setNote(how === "mesh" && TOOLS.has(tool) ? NOTE : "", WHY);
    }

    return {
        get elsewhere() {
            return how !== "mesh";
        },

        change(next) {
            if (next !== undefined && next !== how) {
                how = next;
                onChange(how !== "mesh");
                note();
            }
        },

        /** A person took that tool, or put it away. */
        tool(name) {
            tool = name;
            note();
        },

        /** Why there is no answer is said; that there is one again, shows itself. */
        answered({ error }) {
            if (error === undefined) {
                unsay("measure");
            } else {
                say("measure", `This cannot be measured: ${error}`, { kind: "warning" });
            }
        }
    };
}
