// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The settings of a model or a settings message, of any client's version, as this page's
// renderer takes them.

/** @import { Tell } from "../tools/page-checks/messages" */
import { isLegacy, translate } from "./legacy.js";
import { say, unsay } from "./notices.js";

// Major and minor are the contract between the two halves of ocp-viewer-core.
const contract = (version) => version.split(".").slice(0, 2).join(".");

/**
 * The colour of edges as the renderer reads it. Clients pass on what the settings hold, which may be
 * a list (of numbers up to 255, or up to 1 if one of them is no whole number) or end with an opacity.
 */
function edgeColor(given) {
    if (typeof given === "string" && /^#[0-9a-f]{8}$/i.test(given)) {
        return given.slice(0, 7);
    }
    if (!Array.isArray(given) || given.length < 3) {
        return given;
    }
    // JSON has lost that 1.0 is no whole number: a list of zeros and ones is taken as fractions.
    const full = given.slice(0, 3).every((each) => each <= 1) ? 255 : 1;
    const hex = (each) => Math.round(each * full).toString(16).padStart(2, "0");
    return `#${given.slice(0, 3).map(hex).join("")}`;
}

/** With a colour of edges that the renderer reads, if there is one. */
function readable(config) {
    return config.edgeColor == null ? config : { ...config, edgeColor: edgeColor(config.edgeColor) };
}

/**
 * @param {{ version: string, tell: Tell }} options  `version` of the page's half of ocp-viewer-core
 * @returns (message) => the message with such settings
 */
export function createVocabulary({ version, tell }) {
    function check(theirs) {
        if (contract(theirs) === contract(version)) {
            unsay("core");
            return;
        }
        const text =
            `The notebook's ocp-viewer-core is ${theirs}, this page's is ${version}: ` +
            "some settings may have no effect. Update the older side.";
        say("core", text, { kind: "warning" });
        tell("log", text);
    }

    return (message) => {
        const config = message.config;
        if (config === null || typeof config !== "object") {
            return { ...message, config: {} };
        }
        if (isLegacy(config)) {
            return { ...message, config: readable(translate(config)) };
        }
        const { _core_version: theirs, ...rest } = config;
        check(String(theirs));
        return { ...message, config: readable(rest) };
    };
}
