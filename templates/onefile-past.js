// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What the session showed before the model in this file: what a picture has in common with the one
// after it is in the file once.

import { at } from "../static/dom.js";
import { createHistory } from "../static/history.js";

// In place of a small picture: none had been drawn when the file was made.
const NO_PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/**
 * The model's file, and those of the steps by their numbers, out of the bytes that hold them all.
 *
 * @param {Blob} packed
 */
export function readPast(packed) {
    const { model, left, steps } = JSON.parse(at("past").textContent);
    const file = packed.slice(0, model);
    const files = new Map();
    let newer = file;
    let begin = model;
    for (const { number, own, runs } of steps) {
        const alone = packed.slice(begin, begin + own);
        const parts = [];
        for (let i = 0; i < runs.length; i += 3) {
            const [from, size, shared] = runs.slice(i, i + 3);
            parts.push((shared ? newer : alone).slice(from, from + size));
        }
        begin += own;
        newer = new Blob(parts);
        files.set(number, newer);
    }
    const rows = steps.map((step) => ({ ...step, url: `step/${step.number}`, bytes: files.get(step.number).size }));
    return { file, files, left, rows: rows.reverse() };
}

/** The sheet with the slider, as the page has it; null if there is nothing to step through. */
export function createPast({ rows, left }, { newest, push, look, renew }) {
    if (rows.length + left === 0) {
        return null;
    }
    const url = (path) => {
        const { changes, small } = rows.find(({ number }) => number === Number(/step=(\d+)/.exec(path)[1]));
        if (path.startsWith("history")) {
            return `data:application/json,${encodeURIComponent(changes)}`;
        }
        return small === "" ? NO_PICTURE : `data:image/png;base64,${small}`;
    };
    let earlier = null; // what is on screen instead of the model of this file
    const past = createHistory({
        steps: () => rows,
        url,
        push,
        change(next, address) {
            earlier = next;
            look(address);
        },
        back() {
            if (earlier !== null) {
                earlier = null;
                look(newest().url);
                past.left();
                renew();
            }
        },
        stays: () => true
    });
    at("earlier").hidden = false;
    at("history-pin").parentElement.hidden = true;
    if (left > 0) {
        const text = `${left} more ${left === 1 ? "is" : "are"} not in this file, which would be too large.`;
        at("history").append(Object.assign(document.createElement("p"), { textContent: text }));
    }
    at("history").addEventListener("toggle", past.list);
    return past;
}
