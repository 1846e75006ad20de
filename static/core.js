// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

import { fitDisplay } from "./narrow.js";

/** ocp-viewer-core's page with our settings, drawn by that class. */
export function createCorePage({ theme, tcv, core, Viewer, settings, external, send, getSize }) {
    const { glass, tools, up, control, tree_width: treeWidth } = settings;
    const display = {
        treeWidth,
        glass,
        tools,
        theme,
        zscaleTool: false,
        externalMeasurementBackend: external
    };
    const { Timer } = tcv;
    const Display = fitDisplay(tcv.Display);
    const overrides = { display, viewer: { tools, glass, up, control } };
    const hooks = { send, getSize, listen: false };
    const page = core.createPage({ Viewer, Display, Timer, theme, overrides, ...hooks });
    return { page, display };
}
