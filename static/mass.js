// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Volume and area: exact, if the server has the exact geometry; else of the mesh that is shown.

import { readable } from "./facts.js";
import { groupsIn } from "./search.js";

const GRAMS_A_POUND = 453.59237;
const known = new WeakMap(); // the sizes of a geometry

/** @typedef {{ volume: number | null, area: number }} Sizes  a volume of null: nothing is closed */

/**
 * Of triangles. Their volume is that of the tetrahedra between each and the first point.
 *
 * @param {ArrayLike<number>} points
 * @param {ArrayLike<number>} corners  the numbers of points
 */
export function ofTriangles(points, corners) {
    const from = (a, b) => [0, 1, 2].map((axis) => points[3 * b + axis] - points[3 * a + axis]);
    let six = 0;
    let twice = 0;
    for (let i = 0; i < corners.length; i += 3) {
        const [ax, ay, az] = from(corners[i], corners[i + 1]);
        const [bx, by, bz] = from(corners[i], corners[i + 2]);
        const [cx, cy, cz] = from(0, corners[i]);
        const [x, y, z] = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
        twice += Math.hypot(x, y, z);
        six += cx * x + cy * y + cz * z;
    }
    return { volume: Math.abs(six) / 6, area: twice / 2 };
}

/**
 * Of a part, or of all parts of a group, on the mesh. Moving a part changes neither.
 *
 * @returns {Sizes}
 */
export function onMesh(viewer, path) {
    /** @type {Sizes} */
    const sum = { volume: null, area: 0 };
    for (const { shapeGeometry: geometry, subtype } of groupsIn(viewer, path)) {
        if (geometry?.index != null) {
            if (!known.has(geometry)) {
                known.set(geometry, ofTriangles(geometry.attributes.position.array, geometry.index.array));
            }
            const { volume, area } = known.get(geometry);
            sum.area += area;
            sum.volume = subtype === "solid" ? (sum.volume ?? 0) + volume : sum.volume;
        }
    }
    return sum;
}

/** The server's answer; null if it has no exact geometry of this, or no url. */
export async function exactly(url) {
    const answer = url && await fetch(url, { cache: "no-store" }).catch(() => null);
    const sizes = answer?.status === 200 ? await answer.json() : null;
    return sizes && { ...sizes, volume: sizes.volume || null };
}

/** The mass of cubic millimetres, at so many grams a cubic centimetre; in pounds beside inches. */
export function massOf(volume, density, unit) {
    const grams = (volume / 1000) * density;
    if (unit === "in") {
        return `${readable(grams / GRAMS_A_POUND)} lb`;
    }
    return grams < 1000 ? `${readable(grams)} g` : `${readable(grams / 1000)} kg`;
}
