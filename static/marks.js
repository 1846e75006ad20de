// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Marks in the browser's timeline that say how long each step from the server's word to
// the picture took. tools/bench reads them; they are in the browser's developer tools too.

const MARKS = ["notice", "bytes", "parsed", "scene", "built", "frame"];

export function mark(name, startTime = performance.now()) {
    performance.mark(name, { startTime });
}

/** A new model begins: marks of an older one would be taken for its own. */
export function markFirst(startTime) {
    MARKS.forEach((name) => performance.clearMarks(name));
    mark("notice", startTime);
}
