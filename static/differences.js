// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// A comparison (docs/comparing.md) in words, and where its parts are in each picture.

import { lengthIn, unit, withUnit } from "./facts.js";

const AXES = ["x", "y", "z"];

const sizes = (box) => AXES.map((axis) => lengthIn(unit(), box[`${axis}max`] - box[`${axis}min`])).join(" × ");
const middle = (box) => AXES.map((axis) => (box[`${axis}max`] + box[`${axis}min`]) / 2);
const visible = ({ visible: flag }) => (flag ? "visible" : "hidden");

/** What was and what is, if they differ as they are read. */
const pair = (was, is, after = "") => (was === is ? [] : [`${was} → ${is}${after}`]);

const TELL = {
    shape: ({ from, to }) => [
        ...(from.box && to.box ? pair(sizes(from.box), sizes(to.box), ` ${unit()}`) : []),
        ...(from.volume && to.volume
            ? pair(withUnit(["volume", from.volume]), withUnit(["volume", to.volume]))
            : [])
    ],
    place: ({ from, to }) => {
        const [was, is] = from.box && to.box ? [middle(from.box), middle(to.box)] : [[], []];
        const by = is.map((value, axis) => lengthIn(unit(), value - was[axis]));
        return by.some((each) => each !== "0" && each !== "-0") ? [`by ${by.join(", ")} ${unit()}`] : [];
    },
    colour: ({ from, to }) => pair(from.color, to.color),
    visible: ({ from, to }) => pair(visible(from), visible(to)),
    name: ({ from }) => [`was ${from.id}`]
};

/** What needs no word before it. */
const PLAIN = new Set(["visible", "name"]);

/** The name of a part, and what differs. */
export function describe(part) {
    const found = part.from === null || part.to === null ? [] : part.differs;
    const words = found.map((what) => [...(PLAIN.has(what) ? [] : [what]), ...TELL[what](part)].join(" "));
    const name = (part.to ?? part.from).name || part.id;
    return [name, words.join("; ")];
}

/** All of it in one line. */
export function summary({ same, counts, left_out: more = 0 }) {
    const found = Object.entries(counts).filter(([, count]) => count > 0);
    const all = found.map(([what, count]) => `${count} ${what}`).join(", ");
    const rest = more > 0 ? ` ${more} of them are not listed.` : "";
    return `${same ? "Nothing differs: " : ""}${all}.${rest}`;
}

/** The id of a part in the picture before, after, or of both; null: it is not there. */
export function idIn(report, part, view) {
    if (view !== "both") {
        return part[view]?.id ?? null;
    }
    const side = part.to === null ? "from" : "to";
    const root = `/${report[side].name}`;
    const { id } = part[side];
    const key = id === root || id.startsWith(`${root}/`) ? id.slice(root.length) : id;
    return `/compare/${part.class}${key === "" || key.startsWith("/") ? "" : "/"}${key}`;
}
