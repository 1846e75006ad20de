// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Where the session bar is, so that it lies on nothing of the renderer's: in the toolbar's
// empty right end if there is room, else in a row of its own below the picture, which
// the renderer is then not given; nor what a sheet takes over the whole width of a narrow window, if
// its person looks at the picture all the while.

import { at } from "./dom.js";
import { NARROW_PX } from "./narrow.js";

const AROUND_PX = 16; // the body's margins above and below, and the renderer's own border
const GAP_PX = 12;
// With less room than this even a short session name would be cut.
const ROOM_PX = 260;
// The toolbar's height in a wide window; above it the picture is lower than was assumed.
const ONE_ROW_PX = 44;
// Before there is a toolbar to measure: from this width on there will be room.
const WIDE_PX = 1030;

const SHEETS = ["history", "compare"];

const shown = (element) => element.getClientRects().length > 0;

/** The toolbar's empty part between its tools and the help button; null if there is none. */
function freePart() {
    const toolbar = document.querySelector("#cad_viewer .tcv_cad_toolbar");
    if (toolbar === null || !shown(toolbar)) {
        return null;
    }
    const help = toolbar.lastElementChild;
    const tools = [...toolbar.children].filter((child) => child !== help && shown(child));
    const left = Math.max(0, ...tools.map((tool) => tool.getBoundingClientRect().right));
    return { left: left + GAP_PX, right: help.getBoundingClientRect().left - GAP_PX };
}

/**
 * @param onChange  () => void, the renderer has another size now
 * @returns `{size, watch}`: size() is what the renderer may take, as createPage wants it;
 *          watch() begins to follow the toolbar, once there is one
 */
export function createLayout({ onChange }) {
    const bar = at("bar");
    let below = window.innerWidth <= WIDE_PX;
    let watched = null;
    let tall = 0; // the toolbar's height if its tools lie in several rows
    let sheet = 0; // the height of the one that lies below the picture

    function place() {
        const free = freePart();
        below = free === null || free.right - free.left < ROOM_PX;
        document.body.classList.toggle("bar-below", below);
        bar.style.right = below ? "" : `${document.documentElement.clientWidth - free.right}px`;
        bar.style.maxWidth = below ? "" : `${free.right - free.left}px`;
    }

    function follow() {
        const before = [below, tall, sheet].join();
        const height = watched?.offsetHeight ?? 0;
        place();
        tall = height > ONE_ROW_PX ? height : 0;
        sheet = window.innerWidth < NARROW_PX ? Math.max(...SHEETS.map((id) => at(id).offsetHeight)) : 0;
        if ([below, tall, sheet].join() !== before) {
            onChange();
        }
    }

    const observer = new ResizeObserver(follow);
    document.body.classList.toggle("bar-below", below);
    return {
        size() {
            const { clientWidth, clientHeight } = document.documentElement;
            const taken = AROUND_PX + Math.max(below ? bar.offsetHeight : 0, sheet);
            return { width: clientWidth, height: clientHeight - taken };
        },

        watch() {
            const toolbar = document.querySelector("#cad_viewer .tcv_cad_toolbar");
            if (toolbar !== null && toolbar !== watched) {
                watched = toolbar;
                observer.disconnect();
                [toolbar, ...SHEETS.map(at)].forEach((each) => observer.observe(each));
            }
            follow();
        }
    };
}
