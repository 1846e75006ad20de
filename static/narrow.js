// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The renderer in a small window. ocp-viewer-core gives it at least 450 pixels, and its toolbar
// folds tools into "..." that open for a mouse only. Here it is never wider than the window, its
// tools lie in as many rows as they need (cadcast.css), and the panel over the picture is folded
// until a person opens it.

export const NARROW_PX = 600;
const LOW_PX = 450;
const BORDERS_PX = 20; // as ocp-viewer-core counts them

const isLow = () => window.innerHeight < LOW_PX;

export const isSmall = () => window.innerWidth < NARROW_PX || isLow();

/** The width for the picture that the window has room for. */
export function fittingWidth(wanted, windowWidth, { glass, tools, treeWidth }) {
    return Math.min(wanted, windowWidth - BORDERS_PX - (glass || !tools ? 0 : treeWidth));
}

const fitting = (wanted, options) => fittingWidth(wanted, document.documentElement.clientWidth, options);

/** three-cad-viewer's class, fitted to the window. */
export function fitDisplay(Display) {
    return class extends Display {
        /** The options are those of the viewer, too. */
        constructor(element, options) {
            options.cadWidth = fitting(options.cadWidth, options);
            super(element, options);
            this.cadTool.minimize = () => {};
            const show = /** @type {any} */ (this).showToolsPanel;
            this.showToolsPanel = (flag) => {
                show(flag);
                this.#showMarker(flag);
            };
        }

        /** It goes with the panel. In a small window it may stay, or lie below the panel's rows. */
        #showMarker(panel) {
            const { viewer } = this;
            if (viewer.ready && viewer.state.get("tools") && isSmall()) {
                viewer.rendered.orientationMarker.setVisible(!panel || !isLow());
                viewer.update(true, false);
            }
        }

        updateToolbarCollapse() {
            this.cadTool.maximize();
        }
    };
}

/** The same for its other class. */
export function fitViewer(Viewer) {
    return class extends Viewer {
        resizeCadView(cadWidth, treeWidth, height, glass) {
            const tools = this.state.get("tools");
            super.resizeCadView(fitting(cadWidth, { glass, tools, treeWidth }), treeWidth, height, glass);
        }
    };
}

/** Settings for a small window: there is no room for the tree beside the picture. */
export const fitConfig = (config) =>
    isSmall() && config.glass === false ? { ...config, glass: true } : config;

/**
 * @param {Element} container  the renderer's
 * @returns fold(display), to be called when a model was drawn: the renderer opens its panel then
 */
export function createFolding(container) {
    let open = false; // as the person left it
    let known = null;
    container.addEventListener("click", ({ target }) => {
        if (known !== null && target instanceof Element && target.closest(".tcv_toggle_tools_wrapper") !== null) {
            open = known.tools_shown;
        }
    });
    return (display) => {
        known = display;
        if (isSmall() && display.glass && !open) {
            display.showToolsPanel(false);
        }
    };
}
