// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The list of what was measured in this window: it stays when the panels go, survives a reload,
// and can be copied and saved.

import { WINDOW, keep, keptJson } from "./store.js";

/**
 * @typedef {object} Row
 * @property {string} tool
 * @property {string} of
 * @property {[name: string, value: string][]} values
 * @property {[number, number, number][]} [points]  where it was measured: one, or two of a distance
 * @property {string} [model]  the key of the model it was measured on
 */

const MOST = 200;
const TOOLS = { DistanceMeasurement: "distance", PropertiesMeasurement: "properties" };

const digits = (value) => (typeof value === "number" ? String(Number(value.toPrecision(9))) : String(value));

const isPoint = (value) => Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);

/** Of a value that has parts itself, each by its name. */
function flat(name, value) {
    if (Array.isArray(value)) {
        return [[name, value.map(digits).join(" ")]];
    }
    if (value !== null && typeof value === "object") {
        return Object.entries(value).flatMap(([part, each]) => flat(`${name} ${part}`, each));
    }
    return [[name, digits(value)]];
}

/**
 * What an answer says.
 *
 * @param {any} answer  a backend_response
 * @param {string[]} ids  of what was measured
 * @param {string} [model]  its key
 * @returns {Row | null}  null if it is none that measured something
 */
export function rowOf(answer, ids, model) {
    const groups = answer.result ?? answer.groups;
    if (answer.error !== undefined || !Array.isArray(groups)) {
        return null;
    }
    const pairs = groups.flatMap((group) => Object.entries(group));
    const values = pairs.flatMap(([name, value]) => flat(name, value));
    const tool = TOOLS[answer.tool_type] ?? String(answer.tool_type);
    const points = [answer.refpoint1, answer.refpoint2, answer.refpoint].filter(isPoint);
    return { tool, of: ids.filter((id) => typeof id === "string").join(" – "), values, points, model };
}

function load(key) {
    const rows = keptJson(WINDOW, key);
    return Array.isArray(rows) ? rows.filter((row) => Array.isArray(row?.values)) : [];
}

/** @param {string} session  its name */
export function createMeasurements(session) {
    const watchers = [];
    const key = `cadcast-measured-${session}`;
    /** @type {Row[]} */
    let rows = load(key);

    function change(next) {
        rows = next;
        keep(WINDOW, key, JSON.stringify(rows));
        watchers.forEach((run) => run());
    }

    return {
        /** @param {() => void} run  called after each change from now on */
        watch(run) {
            watchers.push(run);
        },

        get rows() {
            return rows;
        },

        /** While a panel is moved the renderer asks for the same again. */
        add(answer, ids, model = "") {
            const row = rowOf(answer, ids, model);
            if (row !== null && JSON.stringify(row) !== JSON.stringify(rows.at(-1))) {
                change([...rows, row].slice(-MOST));
            }
        },

        clear: () => change([])
    };
}
