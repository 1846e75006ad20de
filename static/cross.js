// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// A pointer for the keyboard: arrows move a cross over the picture, and what is below it is found as
// if the mouse were there; Enter clicks. So every tool that picks works without a mouse.

import { at } from "./dom.js";

const STEP_PX = 16;
const FINE_PX = 2;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {any} viewer  three-cad-viewer's
 * @returns a function: where the cross is in the window, null if it is not shown
 */
export function createCross(viewer) {
    const canvas = viewer.renderer.domElement;
    const container = at("cad_viewer");
    const cross = at("cross");
    let place = null;

    function fire(type, Kind, options) {
        canvas.dispatchEvent(new Kind(type, { clientX: place[0], clientY: place[1], bubbles: true, ...options }));
    }

    function hide() {
        place = null;
        cross.hidden = true;
    }

    /** The first step shows it, in the middle. */
    function move([x, y], step) {
        const { left, right, top, bottom } = canvas.getBoundingClientRect();
        place = place === null ? [(left + right) / 2, (top + bottom) / 2] : [place[0] + x * step, place[1] + y * step];
        cross.style.left = `${place[0]}px`;
        cross.style.top = `${place[1]}px`;
        cross.hidden = false;
        fire("pointermove", PointerEvent, { pointerType: "mouse" });
    }

    function pressed(event) {
        const { key, shiftKey, ctrlKey, altKey, metaKey, target } = event;
        if (target !== container || !viewer.ready || ctrlKey || altKey || metaKey) {
            return;
        }
        if (Object.hasOwn(MOVES, key)) {
            move(MOVES[key], shiftKey ? FINE_PX : STEP_PX);
            event.preventDefault();
        } else if (key === "Enter" && place !== null) {
            // Without a tool a double click chooses the part.
            const clicks = viewer.state.get("activeTool") === null ? ["dblclick"] : ["mousedown", "mouseup"];
            clicks.forEach((type) => fire(type, MouseEvent, { shiftKey }));
            event.preventDefault();
        } else if (key === "Escape") {
            hide();
        }
    }

    // What is found is said there.
    container.querySelector(".tcv_status_line")?.setAttribute("role", "status");
    container.addEventListener("keydown", pressed);
    container.addEventListener("pointerdown", hide);
    return () => place;
}
