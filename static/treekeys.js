// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The renderer's tree of parts for the keyboard and for screen readers. It is made of divs, of
// which only those in sight have contents, so its rows get their roles here as they come. One
// row at a time can be reached with Tab; from there the arrows lead to the others.

import { decode } from "./names.js";

const ITEM = ".tv-tree-node";
const STATES = ["hidden", "shown", "partly shown"]; // a fourth: there is none
const TREE = ".tcv_cad_tree_container";

const childrenOf = (item) => item.querySelector(":scope > .tv-children");
const isOpen = (children) => children !== null && children.style.display !== "none";

/** The row's name, and what of it is shown. */
function label({ path, state0, state1 }) {
    const words = [decode(path.slice(path.lastIndexOf("/") + 1)) || "(no name)"];
    for (const [what, state] of Object.entries({ faces: state0, edges: state1 })) {
        if (STATES[state] !== undefined) {
            words.push(`${what} ${STATES[state]}`);
        }
    }
    return words.join(", ");
}

function describe(item) {
    const children = childrenOf(item);
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-label", label(item.dataset));
    item.setAttribute("aria-level", item.dataset.path.split("/").length - 1);
    if (!item.hasAttribute("tabindex")) {
        item.setAttribute("tabindex", "-1");
    }
    children?.setAttribute("role", "group");
    if (children !== null) {
        item.setAttribute("aria-expanded", isOpen(children));
    }
    item.querySelectorAll(":scope > .tv-node-content > *").forEach((part) => part.setAttribute("aria-hidden", "true"));
}

/** @param {HTMLElement} tree */
function shownItems(tree) {
    const items = /** @type {HTMLElement[]} */ ([...tree.querySelectorAll(ITEM)]);
    return items.filter((item) => item.getClientRects().length > 0);
}

function makeReachable(tree, item) {
    tree.querySelectorAll(`${ITEM}[tabindex="0"]`).forEach((other) => other.setAttribute("tabindex", "-1"));
    item.setAttribute("tabindex", "0");
}

const click = (item, part) => item.querySelector(`:scope > .tv-node-content > ${part}`)?.click();

const MOVES = {
    ArrowDown: (items, at) => items[at + 1],
    ArrowUp: (items, at) => items[at - 1],
    Home: (items) => items[0],
    End: (items) => items.at(-1)
};
const ACTS = {
    " ": (item) => click(item, ".tv-icon0"),
    e: (item) => click(item, ".tv-icon1"),
    Enter: (item) => click(item, ".tv-node-label"),
    ArrowRight: (item) => {
        const open = isOpen(childrenOf(item));
        if (!open) {
            click(item, ".tv-nav-marker");
        }
        return open ? childrenOf(item).querySelector(ITEM) : null;
    },
    ArrowLeft: (item) => {
        const open = isOpen(childrenOf(item));
        if (open) {
            click(item, ".tv-nav-marker");
        }
        return open ? null : item.parentElement.closest(ITEM);
    }
};

/** @returns whether the key is one of the tree's */
function act(tree, item, key) {
    let next = null;
    if (Object.hasOwn(MOVES, key)) {
        const items = shownItems(tree);
        next = MOVES[key](items, items.indexOf(item));
    } else if (Object.hasOwn(ACTS, key)) {
        next = ACTS[key](item);
    } else {
        return false;
    }
    next?.focus();
    return true;
}

/**
 * Begin to complete the tree in there, now and later.
 *
 * @param {Element} container
 */
export function watchTree(container) {
    /** @type {HTMLElement} */
    const tree = container.querySelector(TREE);

    function improve() {
        const list = tree.querySelector("ul");
        list?.setAttribute("role", "tree");
        list?.setAttribute("aria-label", "Parts");
        if (tree.querySelector(`${ITEM}[tabindex="0"]`) === null) {
            tree.querySelector(ITEM)?.setAttribute("tabindex", "0");
        }
    }

    function changed(records) {
        const items = new Set();
        for (const { target, addedNodes } of records) {
            items.add(target.closest(ITEM));
            for (const added of addedNodes) {
                if (added instanceof Element) {
                    added.querySelectorAll(ITEM).forEach((item) => items.add(item));
                    items.add(added.closest(ITEM));
                }
            }
        }
        items.delete(null);
        items.forEach(describe);
        improve();
    }

    tree.addEventListener("focusin", (event) => {
        const item = event.target instanceof Element ? event.target.closest(ITEM) : null;
        if (item !== null) {
            makeReachable(tree, item);
        }
    });
    tree.addEventListener("keydown", (event) => {
        const item = event.target instanceof Element && event.target.matches(ITEM) ? event.target : null;
        const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
        if (item !== null && plain && act(tree, item, event.key)) {
            event.preventDefault();
            event.stopPropagation();
        }
    });
    const attributeFilter = ["data-state0", "data-state1", "style"];
    new MutationObserver(changed).observe(tree, { subtree: true, childList: true, attributeFilter });
    tree.querySelectorAll(ITEM).forEach(describe);
    improve();
}
