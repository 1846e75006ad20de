// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The picture: ocp-viewer-core's page on three-cad-viewer, and what each message about
// the picture does to it.

import { copyText } from "./clipboard.js";
import { createLoader } from "./loader.js";
import { mark, markFirst } from "./marks.js";
import { createMeasure } from "./measure.js";
import { unsay } from "./notices.js";
import { createPainter } from "./painter.js";
import { createRecall } from "./recall.js";
import { createStatus } from "./status.js";
import { createVocabulary } from "./vocabulary.js";

const SMALL_BYTES = 64000;
const SMALL_WIDTH = 32;

/** ocp-viewer-core's page with our settings, drawn by that class. */
function createCorePage({ tcv, core, Viewer, settings, external, send }) {
    const { theme, glass, tools, up, control, tree_width: treeWidth } = settings;
    const display = {
        treeWidth,
        glass,
        tools,
        theme,
        zscaleTool: false,
        externalMeasurementBackend: external
    };
    const { Display, Timer } = tcv;
    const overrides = { display, viewer: { tools, glass, up, control } };
    const page = core.createPage({ Viewer, Display, Timer, send, theme, overrides, listen: false });
    return { page, display };
}

/** The small picture as a PNG that the server takes, smaller still where it must be. */
function encodeSmall(source) {
    for (let width = source.width; width >= SMALL_WIDTH; width /= 2) {
        const canvas = document.createElement("canvas");
        canvas.width = width;
        canvas.height = Math.max(1, Math.round((source.height * width) / source.width));
        canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
        const png = canvas.toDataURL("image/png");
        if (png.length < SMALL_BYTES) {
            return png;
        }
    }
    return null;
}

/**
 * @param tcv, core  the renderer's and ocp-viewer-core's modules
 * @param config     what the server wrote into the page
 * @param setNote    (text, title) => void, a remark for the person
 * @param tell       (command, text) => void, to the server
 * @param modelUrl   (path) => string, the address of what the server named
 */
export function createScene({ tcv, core, config, setNote, tell, modelUrl }) {
    const settings = config.settings;
    let reported = {};
    let onScreen = "nothing";
    const textSize = new WeakMap();

    const painter = createPainter(tcv.Viewer, {
        onArrays: () => mark("scene"),
        onFrame: () => mark("frame")
    });
    const measure = createMeasure({ how: config.measure, setNote, onChange: measuredElsewhere });
    const status = createStatus({
        events: core.EVENT_KEYS,
        send: (changes) => tell("status", changes)
    });
    const recall = createRecall({ session: config.session, collectStates: core.collectStates });
    const modern = createVocabulary({ version: core.VERSION, tell });
    const loader = createLoader({ tell, modelUrl, resolveInstances: tcv.resolveInstances });
    const { page, display } = createCorePage({
        tcv,
        core,
        Viewer: painter.Viewer,
        settings,
        external: measure.elsewhere,
        send
    });

    function send(command, text) {
        if (command === "status") {
            report(text);
        } else {
            tell(command, text);
        }
    }

    function report(changes) {
        reported = { ...reported, ...changes };
        if (Array.isArray(changes.selected) && changes.selected.length > 0) {
            copyText(changes.selected.join(","));
        }
        if ("activeTool" in changes) {
            measure.tool(changes.activeTool);
        }
        status.report(changes);
    }

    function measuredElsewhere(flag) {
        display.externalMeasurementBackend = flag;
        painter.viewer?.state.set("externalMeasurementBackend", flag, false);
    }

    /** An answer goes to the panel that waits for it. */
    function measured(message) {
        measure.answered(message);
        if (painter.ready) {
            page.handleMessage(message);
        }
    }

    function showSplash() {
        if (onScreen === "nothing") {
            onScreen = "splash";
            measure.splash(true);
            const { theme, tree_width: treeWidth, modifier_keys: keymap } = settings;
            painter.once(() => page.showSplash({ theme, treeWidth, keymap }));
        }
    }

    function showModel(message, key) {
        if (!(message.data?.shapes?.parts?.length > 0)) {
            return;
        }
        measure.splash(false);
        const next = modern(message);
        const config = recall.configFor(next, key);
        painter.show(() => {
            page.handleMessage({ ...next, config });
            mark("built");
        });
        onScreen = "model";
        recall.drawn(key);
        unsay("failed");
    }

    async function model(message, signal) {
        const { payload, keep } = await loader.load(message, signal);
        showModel(payload, message.url.split("/").pop());
        keep();
    }

    /** A picture of what is on screen; after a clear there is none. */
    async function screenshot({ filename }) {
        showSplash();
        const data = await painter.capture(filename);
        if (data === null) {
            throw new Error("there is no model on screen");
        }
        tell("screenshot", { filename, data });
    }

    function thumbnail() {
        const picture = onScreen === "model" ? painter.smallPicture() : null;
        const data = picture === null ? null : encodeSmall(picture);
        if (data !== null) {
            tell("thumbnail", { data });
        }
    }

    function clear() {
        if (painter.viewer !== null) {
            page.handleMessage({ type: "clear" });
        }
        onScreen = "cleared";
        recall.replayed();
    }

    function empty() {
        recall.forget();
        if (onScreen === "model") {
            clear();
        } else {
            showSplash();
        }
    }

    function ui(message) {
        const next = modern({ ...message, config: { ...message.config } });
        const config = recall.settings(next.config);
        painter.once(() => page.handleMessage({ ...next, config }));
    }

    /** What moves a model has no meaning where there is none. */
    function moving(message) {
        if (painter.ready) {
            painter.once(() => page.handleMessage(message));
        }
    }

    const HANDLERS = {
        model,
        data: (message) => showModel(message, `text:${textSize.get(message)}`),
        ui,
        animation: (message) => moving(modern(message)),
        set_relative_time: moving,
        clear,
        empty,
        restore: (message) => recall.expect(message.view),
        replayed: recall.replayed,
        screenshot,
        thumbnail
    };

    return {
        handle(message, signal) {
            const handler = HANDLERS[message.type];
            return handler === undefined ? page.handleMessage(message) : handler(message, signal);
        },

        /**
         * A message came off the socket. Returns whether it was the text that a failed
         * file is waiting for; that takes its place and must not queue behind itself.
         */
        arrived(message, { notice, size }) {
            if (message.type === "model") {
                markFirst(notice);
            } else if (message.type === "data") {
                markFirst(notice);
                mark("bytes", notice);
                mark("parsed");
                textSize.set(message, size);
                return loader.takes(message);
            }
            return false;
        },

        /** What is on screen is what comes back when the connection does. */
        connectionLost() {
            recall.replayed();
            if (onScreen === "model") {
                recall.expect({ ...reported });
            }
            status.forget();
        },

        /** What is to come is drawn as if nobody had looked at it yet. */
        forgetView: recall.forget,

        /** three-cad-viewer's instance, null before anything was shown. */
        get viewer() {
            return painter.viewer;
        },

        setMeasure: measure.change,
        measured,
        showSplash,
        resize: () => painter.once(() => page.resize())
    };
}
