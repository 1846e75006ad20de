// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// When a person last did something in this window. Of several windows on one session the
// server shows kernels the camera of the one used last, and asks it for screenshots; a
// window that only drew what a kernel sent has not been used.

const USES = ["pointerdown", "pointerup", "wheel", "keydown"];

/** @returns a function that says how many milliseconds ago that was; opening a page counts. */
export function watchUse() {
    let last = performance.now();
    const note = () => {
        last = performance.now();
    };
    for (const name of USES) {
        window.addEventListener(name, note, { capture: true, passive: true });
    }
    window.addEventListener(
        "pointermove",
        (event) => {
            if (event.buttons !== 0) {
                note();
            }
        },
        { capture: true, passive: true }
    );
    return () => Math.round(performance.now() - last);
}
