// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Parts by name, and what can be done with one that was found: select, show alone, hide, zoom to.

const MOST = 50;

/** All paths of a tree: its leaves and, before them, what they are in. */
export function allPaths(leaves) {
    const paths = new Set();
    for (const leaf of leaves) {
        for (let end = leaf.indexOf("/", 1); end > 0; end = leaf.indexOf("/", end + 1)) {
            paths.add(leaf.slice(0, end));
        }
        paths.add(leaf);
    }
    return [...paths];
}

/**
 * The paths in which all words occur, one of them in the last name; the shortest first.
 *
 * @param {string[]} paths
 * @param {string} text
 * @param {(path: string) => string} real  a path, or a name in it, as a person knows it
 */
export function findParts(paths, text, real) {
    const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const matches = (path) => {
        const whole = real(path).toLowerCase();
        // A name may hold a "/" itself, which only the renderer's path has in another form.
        const name = real(path.slice(path.lastIndexOf("/") + 1)).toLowerCase();
        return words.every((word) => whole.includes(word)) && words.some((word) => name.includes(word));
    };
    return words.length === 0 ? [] : paths.filter(matches).sort((a, b) => a.length - b.length).slice(0, MOST);
}

const isIn = (leaf, path) => leaf === path || leaf.startsWith(`${path}/`);

/** A state in which a part has neither faces nor edges stays as it is: 3 says that there is none. */
const set = (states, path, wanted) =>
    Object.fromEntries(
        Object.entries(states)
            .map(([leaf, state]) => [leaf, state.map((each) => (each === 3 ? 3 : wanted(isIn(leaf, path), each)))])
    );

/** The states with that part alone. */
export const alone = (states, path) => set(states, path, (inside) => (inside ? 1 : 0));

/** The states with that part shown or hidden, and the others as they are. */
export const shown = (states, path, flag) => set(states, path, (inside, now) => (inside ? Number(flag) : now));

/** Whether any of that part is shown. */
export const isShown = (states, path) =>
    Object.entries(states).some(([leaf, state]) => isIn(leaf, path) && state.includes(1));

/** The renderer's groups of that part and of all that is in it. */
export function groupsIn(viewer, path) {
    return Object.entries(viewer.rendered.nestedGroup.groups).filter(([each]) => isIn(each, path)).map(([, group]) => group);
}

/** The box around that part. */
export function boxOf(viewer, path, precise = false) {
    const box = new viewer.bbox.constructor();
    groupsIn(viewer, path).forEach((group) => group.children.length > 0 && box.expandByObject(group, precise));
    return box;
}

/** Select that part, or take that back. */
export function choose(viewer, path) {
    const cut = path.lastIndexOf("/");
    viewer.handlePick(path.slice(0, cut), path.slice(cut + 1), false, false, false, null);
}

/** Look at that part, so that it fills the picture. */
export function zoomTo(viewer, path) {
    const box = boxOf(viewer, path);
    const radius = box.min.distanceTo(box.max) / 2;
    if (radius > 0) {
        viewer.setCameraTarget(box.center());
        viewer.setCameraZoom((0.9 * viewer.bb_radius) / radius);
    }
}
