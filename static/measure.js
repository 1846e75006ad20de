// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Who measures: the server ("exact"), a program connected to it ("external"), or the
// renderer on the mesh alone ("mesh"). The server says it, and may say another thing later. The
// splash is the page's own: the server has no geometry of it, and the renderer measures.

import { say, unsay } from "./notices.js";

const TOOLS = new Set(["DistanceMeasurement", "PropertiesMeasurement"]);
const NOTE = "measured on the mesh: approximate";
const WHY = "The server has no exact geometry of this; curved lengths and areas are near their true values.";

/**
 * @param how       "exact", "external" or "mesh"
 * @param setNote   (text, title) => void, a remark for the person; "" takes it away
 * @param onChange  (whether somebody else than the renderer measures) => void
 */
export function createMeasure({ how, setNote, onChange }) {
    let tool = null;
    let splash = false;
    const onMesh = () => splash || how === "mesh";

    function note() {
        setNote(onMesh() && TOOLS.has(tool) ? NOTE : "", WHY);
    }

    function set(next, isSplash) {
        const before = onMesh();
        how = next;
        splash = isSplash;
        if (onMesh() !== before) {
            onChange(!onMesh());
            note();
        }
    }

    return {
        get elsewhere() {
            return !onMesh();
        },

        change(next) {
            set(next ?? how, splash);
        },

        /** The splash is on screen, or no longer. */
        splash(shown) {
            set(how, shown);
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
