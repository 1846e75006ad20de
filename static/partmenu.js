// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The menu of a part: with the right button or a long press on the picture, with the right button
// or the menu key in the tree, with the menu key at the cross. Colours hold until the next show.

import { copySelected } from "./clipboard.js";
import { at } from "./dom.js";
import { decode } from "./names.js";
import { alone, choose, groupsIn, isShown, shown, zoomTo } from "./search.js";

const LONG_PRESS_MS = 500;
const STILL_PX = 6;
const ROW = ".tv-tree-node";

/** The path of the part that is seen there, or null. */
function pathAt(viewer, x, y) {
    const box = viewer.renderer.domElement.getBoundingClientRect();
    const info = viewer.idPicker?.pickAt(x - box.left, y - box.top)?.info;
    const path = info && (info.solidPath ?? info.path.replace(/\/(faces|edges|vertices)\/[^/]+$/, ""));
    return path && isShown(viewer.getStates(), path) ? path : null;
}

function coloursOf(viewer, path) {
    const shapes = groupsIn(viewer, path).flatMap(({ front, back, edgeMaterial, vertices }) =>
        front == null ? [edgeMaterial ?? vertices?.material] : [front.material, back?.material]
    );
    return shapes.map((material) => material?.color).filter((colour) => colour !== undefined);
}

/**
 * @param tools  as of interaction.js, and where the keyboard's cross is
 * @returns a function that opens it for that part, below an element
 */
export function createPartMenu({ viewer, realPath, properties, pointed }) {
    const container = at("cad_viewer");
    const menu = at("part");
    const colour = at("part-colour");
    let path = null; // of the part
    let name = "";
    let down = null; // where the right button or a finger went down
    let timer = 0;
    let origin = null; // what had the focus

    const set = (change, ...how) => viewer.setStates(change(viewer.getStates(), path, ...how));
    const visible = () => isShown(viewer.getStates(), path);
    const acts = {
        only: () => set(alone),
        hide: () => set(shown, !visible()),
        zoom: () => zoomTo(viewer, path),
        name: () => copySelected(name),
        path: () => copySelected(realPath(path)),
        facts: () => {
            if (viewer.lastBbox?.id !== path) {
                choose(viewer, path);
            }
            properties();
        }
    };

    function paint() {
        coloursOf(viewer, path).forEach((each) => each.set(colour.value));
        container.querySelectorAll(`${ROW}[data-path="${CSS.escape(path)}"] .tv-node-label > span`).forEach((dot) => {
            dot.style.color = colour.value;
        });
        // What the pointer rests on in the tree is tinted, which would hide the colour.
        viewer.handleTreeHover(null);
        viewer.update(true, false);
    }

    function close() {
        if (menu.matches(":popover-open")) {
            menu.hidePopover();
            origin?.focus({ preventScroll: true });
        }
    }

    function open(found, x, y) {
        if (found === null) {
            return;
        }
        path = found;
        name = decode(path.slice(path.lastIndexOf("/") + 1));
        at("part-name").textContent = name || "(no name)";
        at("part-hide").textContent = visible() ? "Hide" : "Show";
        colour.value = `#${coloursOf(viewer, path)[0]?.getHexString() ?? "808080"}`;
        colour.disabled = viewer.isStudioActive;
        origin = document.activeElement;
        menu.showPopover();
        menu.style.left = `${Math.max(4, Math.min(x, window.innerWidth - menu.offsetWidth - 4))}px`;
        menu.style.top = `${Math.max(4, Math.min(y, window.innerHeight - menu.offsetHeight - 4))}px`;
        menu.querySelector("button").focus({ preventScroll: true });
    }

    function openBelow(found, target) {
        const { left, bottom } = target.getBoundingClientRect();
        open(found, left, bottom);
    }

    const openAt = ({ x, y }) => open(pathAt(viewer, x, y), x, y);

    function pointerDown({ target, pointerType, button, isPrimary, clientX, clientY }) {
        clearTimeout(timer);
        down = null;
        if (!menu.contains(target)) {
            menu.hidePopover();
        }
        const touch = pointerType === "touch";
        const here = target === viewer.renderer.domElement && viewer.ready && viewer.state.get("activeTool") === null;
        if (here && isPrimary && (touch || button === 2)) {
            down = { x: clientX, y: clientY };
            timer = touch ? setTimeout(openAt, LONG_PRESS_MS, down) : 0;
        }
    }

    function pointerMove({ clientX, clientY }) {
        if (down !== null && Math.hypot(clientX - down.x, clientY - down.y) > STILL_PX) {
            clearTimeout(timer);
            down = null;
        }
    }

    function pointerUp({ type, button }) {
        clearTimeout(timer);
        if (down !== null && type === "pointerup" && button === 2) {
            openAt(down);
        }
        down = null;
    }

    /** The renderer takes a right click in the tree for a left one. */
    function contextMenu(event) {
        const row = event.target.closest(ROW);
        const place = event.target === container ? pointed() : null;
        if (row !== null) {
            openBelow(row.dataset.path, row.firstElementChild);
        } else if (place !== null) {
            openAt({ x: place[0], y: place[1] });
        } else {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    }

    menu.addEventListener("click", ({ target }) => {
        const act = acts[target.dataset.do];
        if (act !== undefined) {
            close();
            act();
        }
    });
    menu.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.key === "Escape") {
            close();
        }
    });
    colour.addEventListener("input", paint);
    container.addEventListener("contextmenu", contextMenu, true);
    window.addEventListener("pointerdown", pointerDown, true);
    window.addEventListener("pointermove", pointerMove, true);
    window.addEventListener("pointerup", pointerUp, true);
    window.addEventListener("pointercancel", pointerUp, true);
    return openBelow;
}
