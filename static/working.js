// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// How far a file is that is to be shown: a line with a bar, while this page sends the file and
// while the server reads it. Files of other pages and of commands are told too.

import { at, element } from "./dom.js";
import { say, unsay } from "./notices.js";

const KEY = "import"; // the server's too
let cancel = null; // ends what this page has sent

/** @param {(() => void) | null} run  null: this page waits for no file any more */
export function offerCancel(run) {
    cancel = run === null ? null : { label: "Cancel", run };
    if (cancel === null) {
        unsay(KEY);
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
    const aside = `${Math.floor(100 * share)} %${of}`;
    say(KEY, text, { aside, action: cancel, dismiss: cancel === null, keep: false });
    const line = at("notices").querySelector(`[data-key=${KEY}]`);
    const bar = line.querySelector("progress") ?? element("progress");
    bar.value = share;
    bar.setAttribute("aria-label", text);
    if (!bar.isConnected) {
        line.querySelector(".text").after(bar);
    }
}
