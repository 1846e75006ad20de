// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Light or dark: as the last model or setting asked, the whole page, and with "browser" as the
// system is, also when that changes. The renderer gets the word that it comes down to, because
// it would follow the system for ever if it was made with "browser", and never otherwise.

import { applyTheme } from "./config.js";

/**
 * @param {string} wanted  "light", "dark" or "browser": of the settings
 * @returns `{resolved, configFor, follow}`
 */
export function createTheme(wanted) {
    const system = matchMedia("(prefers-color-scheme: dark)");

    function resolved() {
        return wanted === "dark" || (wanted !== "light" && system.matches) ? "dark" : "light";
    }

    let viewer = null;

    applyTheme(resolved());
    system.addEventListener("change", () => {
        if (wanted !== "light" && wanted !== "dark") {
            applyTheme(resolved());
            viewer?.setTheme(resolved());
        }
    });
    return {
        /** The theme that holds now, "light" or "dark". */
        resolved,

        /** These settings with a theme that the renderer takes; without one, the last stays. */
        configFor(config) {
            wanted = config.theme ?? wanted;
            applyTheme(resolved());
            return { ...config, theme: resolved() };
        },

        /**
         * From now on the page looks as the renderer does, which marks the body, and the renderer
         * as the system does.
         *
         * @param made  three-cad-viewer's viewer
         */
        follow(made) {
            viewer = made;
            const marked = () => applyTheme(document.body.dataset.theme);
            new MutationObserver(marked).observe(document.body, { attributeFilter: ["data-theme"] });
        }
    };
}
