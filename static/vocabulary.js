// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The settings that come with a model or a settings message, whoever sent them, as this
// page's renderer takes them.

import { isLegacy, translate } from "./legacy.js";
import { say, unsay } from "./notices.js";

// Major and minor are the contract between the two halves of ocp-viewer-core.
const contract = (version) => version.split(".").slice(0, 2).join(".");

/**
 * @param version  of the page's half of ocp-viewer-core
 * @param tell     (command, text) => void, to the server
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
            return { ...message, config: translate(config) };
        }
        const { _core_version: theirs, ...rest } = config;
        check(String(theirs));
        return { ...message, config: rest };
    };
}
