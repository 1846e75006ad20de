// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Who measures: the server ("exact"), a program connected to it ("external"), or the
// renderer on the mesh alone ("mesh"). The server says it, and may say another thing later.

/** @import { BackendResponse, Measure } from "../tools/page-checks/messages" */
import { say, unsay } from "./notices.js";

const TOOLS = new Set(["DistanceMeasurement", "PropertiesMeasurement"]);
const NOTE = "measured on the mesh: approximate";
const WHY = "The server has no exact geometry of this; curved lengths and areas are near their true values.";

/**
 * @param how       "exact", "external" or "mesh"
 * @param setNote   (text, title) => void, a remark for the person; "" takes it away
 * @param onChange  (whether the server or a backend measures, not the renderer) => void
 */
export function createMeasure({ how, setNote, onChange }) {
    let tool = null;
    const onMesh = () => how === "mesh";

    function note() {
        setNote(onMesh() && TOOLS.has(tool) ? NOTE : "", WHY);
    }

    function set(next) {
        const before = onMesh();
        how = next;
        if (onMesh() !== before) {
            onChange(!onMesh());
            note();
        }
    }

    return {
        get elsewhere() {
            return !onMesh();
        },

        get exact() {
            return how === "exact";
        },

        /** @param {Measure} next */
        change(next) {
            set(next ?? how);
        },

        /** A person took that tool, or put it away. */
        tool(name) {
            tool = name;
            note();
        },

        /**
         * Why there is no answer is said; that there is one again, shows itself.
         *
         * @param {BackendResponse} answer
         */
        answered({ error }) {
            if (error === undefined) {
                unsay("measure");
            } else {
                say("measure", `This cannot be measured: ${error}`, { kind: "warning" });
            }
        }
    };
}

/** What is measured on the mesh comes to the panels this way as well. */
export function hearMeasured(viewer, onAnswer) {
    const { handleBackendResponse } = viewer;
    viewer.handleBackendResponse = (answer) => {
        onAnswer(answer);
        handleBackendResponse(answer);
    };
}
