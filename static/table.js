// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Measurements as text and as a table, in the model's own unit.

/** @import { Row } from "./measurements.js" */

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
