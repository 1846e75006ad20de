// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The list of what was measured in this window: it stays when the panels go, survives a reload,
// and can be copied and saved.

import { WINDOW, keep, keptJson } from "./store.js";

/** @typedef {{ tool: string, of: string, values: [name: string, value: string][] }} Row */

const MOST = 200;
const TOOLS = { DistanceMeasurement: "distance", PropertiesMeasurement: "properties" };

const digits = (value) => (typeof value === "number" ? String(Number(value.toPrecision(9))) : String(value));

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
 * @returns {Row | null}  null if it is none that measured something
 */
export function rowOf(answer, ids) {
    const groups = answer.result ?? answer.groups;
    if (answer.error !== undefined || !Array.isArray(groups)) {
        return null;
    }
    const pairs = groups.flatMap((group) => Object.entries(group));
    const values = pairs.flatMap(([name, value]) => flat(name, value));
    const tool = TOOLS[answer.tool_type] ?? String(answer.tool_type);
    return { tool, of: ids.filter((id) => typeof id === "string").join(" – "), values };
}

/** A field of a table; a spreadsheet must not take a part's name for a formula. */
function field(text) {
    const safe = /^[=+@\t]|^-(?!\d)/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {Row[]} rows */
export function toCsv(rows) {
    const lines = rows.flatMap(({ tool, of, values }, each) =>
        values.map(([name, value]) => [String(each + 1), tool, of, name, value])
    );
    const head = ["number", "tool", "of", "quantity", "value"];
    return [head, ...lines].map((line) => line.map(field).join(",")).join("\r\n");
}

/** @param {Row[]} rows */
export const toText = (rows) =>
    rows
        .flatMap(({ tool, of, values }) => [`${tool} of ${of}`, ...values.map((pair) => `  ${pair.join(": ")}`)])
        .join("\n");

function load(key) {
    const rows = keptJson(WINDOW, key);
    return Array.isArray(rows) ? rows.filter((row) => Array.isArray(row?.values)) : [];
}

/** @param {string} session  its name */
export function createMeasurements(session) {
    let onChange = () => {};
    const key = `cadcast-measured-${session}`;
    /** @type {Row[]} */
    let rows = load(key);

    function change(next) {
        rows = next;
        keep(WINDOW, key, JSON.stringify(rows));
        onChange();
    }

    return {
        /** @param {() => void} run  called after each change from now on */
        watch(run) {
            onChange = run;
        },

        get rows() {
            return rows;
        },

        /** While a panel is moved the renderer asks for the same again. */
        add(answer, ids) {
            const row = rowOf(answer, ids);
            if (row !== null && JSON.stringify(row) !== JSON.stringify(rows.at(-1))) {
                change([...rows, row].slice(-MOST));
            }
        },

        clear: () => change([])
    };
}
