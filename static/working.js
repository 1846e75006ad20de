// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// How far a file is that is to be shown: a line with a bar, while this page sends the file and
// while the server reads it. Files of other pages and of commands are told too. And for how long
// a script runs.

import { at, element } from "./dom.js";
import { say, unsay } from "./notices.js";

const KEY = "import"; // the server's too
const LONG_MS = 500; // a run is long from then on
let cancel = null; // ends what this page has sent

/** @param {(() => void) | null} run  null: this page waits for no file any more */
export function offerCancel(run) {
    cancel = run === null ? null : { label: "Cancel", run };
    if (cancel === null) {
        unsay(KEY);
    }
}

function draw(key, text, share, more) {
    say(key, text, { keep: false, ...more });
    const line = at("notices").querySelector(`[data-key=${key}]`);
    const bar = line.querySelector("progress") ?? element("progress");
    if (share !== undefined) {
        bar.value = share;
    }
    bar.setAttribute("aria-label", text);
    if (!bar.isConnected) {
        line.querySelector(".text").after(bar);
    }
}

/**
 * A screen reader reads the words, and the number if it is asked for.
 *
 * @param {string} text
 * @param {number} share  how far it is, from 0 to 1
 * @param {string} of     what it is a share of
 */
export function tell(text, share, of = "") {
    draw(KEY, text, share, { aside: `${Math.floor(100 * share)} %${of}`, action: cancel, dismiss: cancel === null });
}

/**
 * A run that takes long is named, with its seconds, until it is over or a person puts the line away.
 *
 * @param {string} text          what runs
 * @param {number} seconds       for how long already
 * @param {() => boolean} isNow  whether it still does
 */
export function count(text, seconds, isNow) {
    const began = performance.now() - 1000 * seconds;
    let shown = false;
    const timer = setInterval(() => {
        if (!isNow() || (shown && at("notices").querySelector("[data-key=run]") === null)) {
            clearInterval(timer);
            return;
        }
        shown = true;
        draw("run", `${text} runs`, undefined, { aside: `${Math.floor((performance.now() - began) / 1000)} s` });
    }, LONG_MS);
}
