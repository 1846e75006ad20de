// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// How a person last looked at a model, put into the settings the model is drawn with,
// so that a reload or a lost connection shows it as it was. The view's keys are the
// ones the renderer reports (snake_case); the settings' are the ones it takes.

const CAMERA = ["position", "quaternion", "target", "zoom"];

// Kept for the very same model only: on another one they would hide parts of it.
const SAME_MODEL = {
    ortho: "ortho",
    transparent: "transparent",
    black_edges: "blackEdges",
    clip_slider_0: "clipSlider0",
    clip_slider_1: "clipSlider1",
    clip_slider_2: "clipSlider2",
    clip_normal_0: "clipNormal0",
    clip_normal_1: "clipNormal1",
    clip_normal_2: "clipNormal2",
    clip_intersection: "clipIntersection",
    clip_planes: "clipPlaneHelpers",
    clip_object_colors: "clipObjectColors"
};

/** What a view may hold. */
export const VIEW_KEYS = [...CAMERA, ...Object.keys(SAME_MODEL), "states", "tab"];

// What a repeated settings message must not undo.
const OWN = new Set([...CAMERA, "resetCamera", "states", "tab"]);

const isVector = (value, size) =>
    Array.isArray(value) && value.length === size && value.every(Number.isFinite);

function camera(view) {
    const whole =
        isVector(view.position, 3) && isVector(view.target, 3) && isVector(view.quaternion, 4);
    if (!whole || !(view.zoom > 0)) {
        return null;
    }
    return Object.fromEntries(CAMERA.map((key) => [key, view[key]]));
}

/**
 * The camera of the last model turned on another one: its direction stays, its distance
 * follows the new size, its target stays ("keep") or moves to the middle ("center").
 */
function follow(kept, bb, mode) {
    const low = [bb.xmin, bb.ymin, bb.zmin];
    const high = [bb.xmax, bb.ymax, bb.zmax];
    const centre = low.map((value, axis) => (value + high[axis]) / 2);
    const size = Math.hypot(...low.map((value, axis) => high[axis] - value));
    const away = kept.position.map((value, axis) => value - kept.target[axis]);
    const distance = (2.5 * Math.max(size, Math.hypot(...centre))) / Math.hypot(...away);
    const target = mode === "center" ? centre : kept.target;
    const position = away.map((value, axis) => value * distance + target[axis]);
    return { ...kept, position, target };
}

/** A three.js vector is reported as an object; settings take a list. */
function plain(value) {
    if (value !== null && typeof value === "object" && Number.isFinite(value.x)) {
        return [value.x, value.y, value.z];
    }
    return value;
}

/** A part may have edges alone in one of two models: the state of its faces is 3 there. */
const NONE = 3;

/** The tree states of parts that this model has too. */
function knownStates(states, known) {
    const entries = Object.entries(states ?? {})
        .filter(([path, state]) => path in known && isVector(state, 2))
        .map(([path, state]) => {
            const now = known[path] ?? state;
            return [path, state.map((one, i) => (one === NONE || now[i] === NONE ? now[i] : one))];
        });
    return Object.fromEntries(entries);
}

/**
 * The settings for drawing a model as `view` shows it.
 *
 * @param config  the settings that came with the model
 * @param view    what this browser reported last
 * @param same    whether it reported that about this very model. Another one takes the
 *                direction of the camera where its settings ask to keep it, as it would
 *                have if the browser had been there all the time.
 * @param bb      the model's bounding box
 * @param known   the tree states the model comes with, by path
 */
export function restored(config, { view, same, bb, known }) {
    const result = { ...config };
    const kept = camera(view);
    const mode = config.resetCamera ?? "keep";
    if (kept !== null && same) {
        Object.assign(result, kept, { resetCamera: "reset" });
    } else if (kept !== null && bb != null && ["keep", "center"].includes(mode)) {
        Object.assign(result, follow(kept, bb, mode), { resetCamera: "reset" });
    }
    const states = knownStates(view.states, known);
    if ((same || config.states == null) && Object.keys(states).length > 0) {
        result.states = states;
    }
    if (typeof view.tab === "string" && (same || config.tab == null)) {
        result.tab = view.tab;
    }
    if (same) {
        for (const [reported, name] of Object.entries(SAME_MODEL)) {
            if (view[reported] != null) {
                result[name] = plain(view[reported]);
            }
        }
    }
    return result;
}

/** A settings message that is repeated after such a model, less what the view decides. */
export function withoutView(config) {
    return Object.fromEntries(Object.entries(config).filter(([key]) => !OWN.has(key)));
}
