// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Lines and numbers over the picture that keep to points of the model: an SVG that is drawn anew
// after each paint. What they say is in the sheet about the model for screen readers.

/** @typedef {[number, number, number]} Point */

// A corner of a box has a bit for each axis; an edge along one leads from the corner without its bit.
const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7];
const EDGES = [1, 2, 4].map((bit) => CORNERS.filter((corner) => (corner & bit) === 0).map((corner) => [corner, corner | bit]));
const AWAY_PX = 10;
const NAMESPACE = "http://www.w3.org/2000/svg";

/** @param {any} from */
const between = (from, to) => [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];

/** Of points: the one that is farthest from there. */
export function farthest(points, centre) {
    const far = (point) => Math.hypot(point[0] - centre[0], point[1] - centre[1]);
    return points.reduce((best, each) => (far(each) > far(best) ? each : best));
}

/**
 * @param {any} viewer  three-cad-viewer's
 * @returns `{show, move}`: show() sets what is drawn; move() follows the camera
 */
export function createOverlay(viewer) {
    const canvas = viewer.renderer.domElement;
    const svg = document.createElementNS(NAMESPACE, "svg");
    const make = (name, kind) => {
        const made = svg.appendChild(document.createElementNS(NAMESPACE, name));
        made.setAttribute("class", kind);
        return made;
    };
    const paths = ["frame", "lines", "dots"].map((kind) => make("path", kind));
    let marks = [];
    let frame = null;
    let texts = [];

    /** Where a point is in the picture, in pixels. */
    function see([x, y, z]) {
        const camera = viewer.camera.getCamera();
        const at = camera.position.clone().set(x, y, z).project(camera);
        return [((at.x + 1) / 2) * canvas.clientWidth, ((1 - at.y) / 2) * canvas.clientHeight];
    }

    function put(text, place, left) {
        text.setAttribute("x", place[0] + (left ? -AWAY_PX : AWAY_PX));
        text.setAttribute("y", place[1]);
        text.setAttribute("text-anchor", left ? "end" : "start");
    }

    const line = (from, to) => `M${from}L${to}`;

    /** Each length stands at the edge that is outside. */
    function drawFrame({ min, max }) {
        const seen = CORNERS.map((corner) => see(min.map((low, axis) => ((corner >> axis) & 1 ? max[axis] : low))));
        const middle = between(seen[0], seen[7]);
        EDGES.forEach((edges, axis) => {
            const place = farthest(edges.map(([from, to]) => between(seen[from], seen[to])), middle);
            put(texts[axis], place, place[0] < middle[0]);
        });
        return EDGES.flat().map(([from, to]) => line(seen[from], seen[to])).join("");
    }

    function move() {
        const drawn = ["", "", ""];
        svg.style.display = viewer.ready ? "" : "none";
        if (viewer.ready) {
            drawn[0] = frame === null ? "" : drawFrame(frame);
            marks.forEach(({ points }, i) => {
                const [from, to] = [see(points[0]), see(points.at(-1))];
                drawn[1] += line(from, to);
                drawn[2] += `M${from}h0M${to}h0`;
                put(texts.at(i - marks.length), between(from, to), false);
            });
            paths.forEach((path, i) => path.setAttribute("d", drawn[i]));
        }
    }

    svg.id = "overlay";
    svg.setAttribute("aria-hidden", "true");
    canvas.after(svg);
    return {
        move,

        /**
         * @param {{ points: Point[], label: string }[]} lines  or single points
         * @param {{ min: Point, max: Point, labels: string[] } | null} box  labels for x, y and z
         */
        show(lines, box) {
            marks = lines;
            frame = box;
            texts.forEach((text) => text.remove());
            texts = [...(box?.labels ?? []), ...lines.map(({ label }) => label)].map((label) => {
                const text = make("text", "label");
                text.textContent = label;
                return text;
            });
            move();
        }
    };
}
