// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// What the page says about itself, over the picture: one line per matter, each known
// by its key, so that saying the same thing again changes the line and adds none.

import { at, button, element } from "./dom.js";

const BRIEF_MS = 2000;
const KEPT = 50;
const lines = new Map();
const brief = new Map(); // the timers of lines that go by themselves

/**
 * What was said, oldest first; `over` when it holds no more, or a person has put it away.
 *
 * @type {{ key: string, text: string, kind: string, when: Date, over: boolean, action: any }[]}
 */
export const history = [];
const watchers = [];

/** @param {() => void} onChange  called after each change of `history` */
export function watchHistory(onChange) {
    watchers.push(onChange);
    onChange();
}

const tellWatchers = () => watchers.forEach((onChange) => onChange());
const current = (key) => history.findLast((each) => each.key === key && !each.over);

function note(key, text, kind, action) {
    const before = current(key);
    if (before?.text === text) {
        before.action = action;
        return;
    }
    if (before !== undefined) {
        before.over = true;
    }
    history.push({ key, text, kind, when: new Date(), over: false, action });
    history.splice(0, history.length - KEPT);
    tellWatchers();
}

const classed = (made, className) => Object.assign(made, { className });

/** A line with all that one may have. */
function makeLine(key) {
    const line = /** @type {any} */ ({
        box: element("div"),
        text: classed(element("span"), "text"),
        aside: classed(element("small"), "aside")
    });
    line.box.dataset.key = key;
    line.aside.setAttribute("aria-hidden", "true");
    line.run = null;
    line.action = classed(button("", () => line.run()), "action");
    line.close = classed(button("×", () => unsay(key)), "close");
    line.close.title = "Dismiss";
    line.box.append(line.text);
    return line;
}

/** What is the same is not touched: a screen reader reads what is, and focus would be lost. */
function put(line, part, text) {
    if (text === "") {
        part.remove();
        return;
    }
    if (part.textContent !== text) {
        part.textContent = text;
    }
    if (part.parentNode !== line.box) {
        // In the order of the line's members.
        const parts = [line.text, line.aside, line.action, line.close];
        const next = parts.slice(parts.indexOf(part) + 1).find((each) => each.parentNode === line.box);
        line.box.insertBefore(part, next ?? null);
    }
}

/**
 * The same line stays, with its buttons, so that the keyboard's focus and a press that takes
 * a while survive a change of its words.
 *
 * @param key      what the line is about; a second call with it changes the line
 * @param text     what it says, as plain text
 * @param kind     "info", "warning" or "error"
 * @param aside    what is only shown, and not read aloud, because it changes all the time
 * @param action   a button as `{label, run}`; optional
 * @param dismiss  whether a person can put it away
 * @param keep     whether the list of messages keeps it
 */
export function say(key, text, { kind = "info", aside = "", action = null, dismiss = true, keep = true } = {}) {
    const known = lines.get(key);
    const line = known ?? makeLine(key);
    const role = kind === "error" ? "alert" : "status";
    line.box.className = `notice ${kind}`;
    if (line.box.getAttribute("role") !== role) {
        line.box.setAttribute("role", role);
    }
    line.run = action?.run;
    put(line, line.text, text);
    put(line, line.aside, aside);
    put(line, line.action, action?.label ?? "");
    put(line, line.close, dismiss ? "×" : "");
    if (known === undefined) {
        lines.set(key, line);
        at("notices").append(line.box);
    }
    if (keep) {
        note(key, text, kind, action);
    }
}

export function unsay(key) {
    lines.get(key)?.box.remove();
    lines.delete(key);
    const said = current(key);
    if (said !== undefined) {
        said.over = true;
        tellWatchers();
    }
}

/** Say something that can be overlooked: it goes by itself. */
export function sayBriefly(key, text, milliseconds = BRIEF_MS) {
    clearTimeout(brief.get(key));
    say(key, text, { keep: false });
    brief.set(key, setTimeout(() => unsay(key), milliseconds));
}

const SHOWN_AFTER_MS = 300;
const UNITS = ["B", "kB", "MB", "GB"];

export function readableBytes(bytes) {
    const step = bytes > 0 ? Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
    const number = bytes / 1000 ** step;
    return `${step === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${UNITS[step]}`;
}

/**
 * The bar for one transfer. It is shown only if the transfer takes long enough to be
 * noticed.
 *
 * @returns `{update, end}`: update(loaded bytes) as they come, end() in any case
 */
export function progress(total) {
    const box = at("progress");
    const started = performance.now();
    let loaded = 0;

    function draw() {
        const seconds = (performance.now() - started) / 1000;
        const share = total > 0 ? Math.min(1, loaded / total) : 0;
        at("progress-bar").style.width = `${100 * share}%`;
        at("progress-text").textContent =
            `${readableBytes(loaded)} of ${readableBytes(total)}, ` +
            `${readableBytes(loaded / seconds)}/s`;
        box.setAttribute("aria-valuenow", String(Math.round(100 * share)));
        box.hidden = false;
    }

    const timer = setTimeout(draw, SHOWN_AFTER_MS);
    return {
        update(bytes) {
            loaded = bytes;
            if (!box.hidden) {
                draw();
            }
        },
        end() {
            clearTimeout(timer);
            box.hidden = true;
        }
    };
}
