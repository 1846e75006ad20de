// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Facts about a model that are in its file: how many parts, faces, edges and triangles, and how large
// it is. Lengths have no unit there; what they are shown in is the person's choice.

import { BROWSER, keep, kept } from "./store.js";

/** Millimetres in each, as CAD kernels take their numbers for millimetres. */
export const UNITS = { mm: 1, cm: 10, m: 1000, in: 25.4 };

const UNIT = "cadcast-unit";
const POWERS = { distance: 1, length: 1, radius: 1, area: 2, volume: 3 };

/** The number of an array's elements: decoded, or as text with its shape. */
const count = (array) => array?.length ?? array?.shape?.[0] ?? 0;

function triangles(shape) {
    // Older clients send a list for each face.
    const nested = Array.isArray(shape.triangles) && Array.isArray(shape.triangles[0]);
    return (nested ? shape.triangles.reduce((sum, each) => sum + each.length, 0) : count(shape.triangles)) / 3;
}

function leaves(shapes) {
    const found = [];
    const open = [shapes];
    while (open.length > 0) {
        const node = open.pop();
        if (Array.isArray(node?.parts)) {
            open.push(...node.parts);
        } else if (node != null) {
            found.push(node);
        }
    }
    return found;
}

/**
 * @param {{ shapes: any, instances?: any[] }} data  a model
 * @returns `{parts, faces, edges, triangles, box}`, `box` the sizes along x, y and z or null
 */
export function factsOf({ shapes, instances = [] }) {
    const facts = { parts: 0, faces: 0, edges: 0, triangles: 0, box: null };
    for (const { shape, type } of leaves(shapes)) {
        const own = shape?.ref === undefined ? shape : instances[shape.ref];
        facts.parts += 1;
        if (own != null && type !== "vertices") {
            facts.faces += count(own.face_types);
            facts.edges += count(own.edge_types);
            facts.triangles += triangles(own);
        }
    }
    const { bb } = shapes;
    if (bb != null) {
        facts.box = [bb.xmax - bb.xmin, bb.ymax - bb.ymin, bb.zmax - bb.zmin];
    }
    return facts;
}

/** A number with the digits that a person reads. */
export const readable = (value) =>
    Number(value.toPrecision(6)).toLocaleString("en", { maximumFractionDigits: 6 });

/** A length in that unit, or an area or a volume: the second or third power of it. */
export const lengthIn = (name, length, power = 1) => readable(length / UNITS[name] ** power);

/** The node of a tree that has that id, or null. */
export function nodeOf(shapes, id) {
    let node = shapes;
    while (node != null && node.id !== id) {
        node = node.parts?.find((part) => id === part.id || id.startsWith(`${part.id}/`));
    }
    return node ?? null;
}

/** The unit in which this browser shows lengths, areas and volumes. */
export function unit() {
    const own = kept(BROWSER, UNIT);
    return own !== null && Object.hasOwn(UNITS, own) ? own : "mm";
}

/** @param {string} next */
export const setUnit = (next) => keep(BROWSER, UNIT, next);

/** Whether a quantity of that name is a length, an area or a volume. */
export const hasUnit = (name) => Object.hasOwn(POWERS, name);

/** A measured quantity in the unit, or as it is if it has none. */
export function withUnit([name, value]) {
    const known = hasUnit(name) && Number.isFinite(Number(value));
    const power = POWERS[name];
    return known ? `${lengthIn(unit(), Number(value), power)} ${unit()}${["", "", "²", "³"][power]}` : value;
}
