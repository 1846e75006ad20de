// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Clients before ocp-viewer-core 1.0 send their settings in snake_case and say no
// version. They are put into the renderer's names here, once, on their way in, so
// that everything behind this file knows one vocabulary.

const RENAMED = {
    default_edgecolor: "edgeColor",
    modifier_keys: "keymap",
    orbit_control: "control",
    clip_planes: "clipPlaneHelpers"
};

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

function value(name, given) {
    if (name === "orbit_control" && typeof given === "boolean") {
        return given ? "orbit" : "trackball";
    }
    if (name === "reset_camera" && typeof given === "string") {
        return given.toLowerCase();
    }
    return given;
}

export function isLegacy(config) {
    return config != null && typeof config === "object" && config._core_version === undefined;
}

/**
 * The same settings under the renderer's names. Names with a leading underscore are
 * protocol rather than settings and stay; a name that is right already stays too.
 */
export function translate(config) {
    const result = {};
    for (const [name, given] of Object.entries(config)) {
        const next = name.startsWith("_") ? name : (RENAMED[name] ?? camel(name));
        // A setting that came under both of its names counts under the new one.
        if (next === name || !(next in config)) {
            result[next] = value(name, given);
        }
    }
    return result;
}
