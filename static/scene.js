// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The picture: ocp-viewer-core's page on three-cad-viewer, and what this server adds to
// it, which is models that come as files, views that survive a reload, settings from
// older clients, and marks for measuring how long each step took.

import { isLegacy, translate } from "./legacy.js";
import { keep, kept } from "./keep.js";
import { fetchBytes, parseModel, plainTree } from "./model.js";
import { progress, say, unsay } from "./notices.js";
import { createStatus } from "./status.js";
import { restored, withoutView } from "./view.js";

const REPLAY_MS = 1000;
const VERBATIM_MS = 60000;
const THUMBNAIL_WIDTH = 256;
const THUMBNAIL_BYTES = 64000;
const MEASURING = new Set(["DistanceMeasurement", "PropertiesMeasurement"]);
const MARKS = ["notice", "bytes", "parsed", "scene", "built", "frame"];

/** Marks of the newest model only: an old one would be taken for it. */
function markFirst(startTime) {
    MARKS.forEach((name) => performance.clearMarks(name));
    performance.mark("notice", { startTime });
}

/** The moment the browser has produced the first frame after now. */
function markFrame() {
    requestAnimationFrame(() => setTimeout(() => performance.mark("frame")));
}

/** Copy what the Select tool picked; where the page may not, nobody needs to be told. */
function copyText(text) {
    if (navigator.clipboard !== undefined) {
        navigator.clipboard.writeText(text).catch(() => {});
        return;
    }
    // Plain http from another machine has no clipboard object, but the old command
    // still works inside the click that made the selection.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    try {
        document.execCommand("copy");
    } finally {
        area.remove();
    }
}

export function createScene({ tcv, core, config, bar, tell, modelUrl }) {
    const settings = config.settings;
    const shownKey = `cadcast-shown-${config.session}`;
    let viewer = null;
    let measure = config.measure;
    let reported = {};
    let shown = null;
    let onScreen = "nothing";
    let pendingView = null;
    let replayEnds = 0;
    let verbatim = null;
    const textSize = new WeakMap();
    const status = createStatus({
        events: core.EVENT_KEYS,
        send: (changes) => tell("status", changes)
    });

    class MarkedViewer extends tcv.Viewer {
        constructor(...args) {
            super(...args);
            viewer = this;
        }

        // Called by the renderer once it holds plain arrays, decoded or handed over.
        buildInitialGroup(...args) {
            performance.mark("scene");
            return super.buildInitialGroup(...args);
        }
    }

    function send(command, text) {
        if (command !== "status") {
            tell(command, text);
            return;
        }
        reported = { ...reported, ...text };
        if (Array.isArray(text.selected) && text.selected.length > 0) {
            copyText(text.selected.join(","));
        }
        if ("activeTool" in text) {
            noteMeasure(text.activeTool);
        }
        status.report(text);
    }

    const theme = settings.theme;
    const display = {
        treeWidth: settings.tree_width,
        glass: settings.glass,
        tools: settings.tools,
        theme,
        zscaleTool: false,
        externalMeasurementBackend: measure !== "mesh"
    };
    const page = core.createPage({
        Viewer: MarkedViewer,
        Display: tcv.Display,
        Timer: tcv.Timer,
        send,
        theme,
        overrides: {
            display,
            viewer: {
                tools: settings.tools,
                glass: settings.glass,
                up: settings.up,
                control: settings.control
            }
        },
        listen: false
    });

    function noteMeasure(tool) {
        const approximate = measure === "mesh" && MEASURING.has(tool);
        bar.setNote(
            approximate ? "measured on the mesh: approximate" : "",
            "The server has no geometry kernel; curved lengths and areas are near their true values."
        );
    }

    function setMeasure(next) {
        if (next === undefined || next === measure) {
            return;
        }
        measure = next;
        display.externalMeasurementBackend = measure !== "mesh";
        viewer?.state.set("externalMeasurementBackend", measure !== "mesh", false);
        noteMeasure(reported.activeTool);
    }

    /** An answer goes to the panel that waits for it; why there is none is said as well. */
    function measured(message) {
        if (message.error === undefined) {
            unsay("measure");
        } else {
            say("measure", `This cannot be measured: ${message.error}`, { kind: "warning" });
        }
        if (viewer !== null && viewer.ready) {
            page.handleMessage(message);
        }
    }

    function showSplash() {
        if (onScreen !== "nothing") {
            return;
        }
        onScreen = "splash";
        page.showSplash({
            theme,
            treeWidth: settings.tree_width,
            keymap: settings.modifier_keys
        });
    }

    /** What the settings of a model or a settings message mean to this renderer. */
    function modern(message) {
        if (!message.config || typeof message.config !== "object") {
            return { ...message, config: {} };
        }
        if (isLegacy(message.config)) {
            return { ...message, config: translate(message.config) };
        }
        const { _core_version: version, ...rest } = message.config;
        checkVersion(String(version));
        return { ...message, config: rest };
    }

    // Major and minor are the contract between the two halves of ocp-viewer-core.
    function checkVersion(version) {
        const short = (text) => text.split(".").slice(0, 2).join(".");
        if (short(version) === short(core.VERSION)) {
            unsay("core");
            return;
        }
        const text =
            `The notebook's ocp-viewer-core is ${version}, this page's is ${core.VERSION}: ` +
            "some settings may have no effect. Update the older side.";
        say("core", text, { kind: "warning" });
        tell("log", text);
    }

    function sameAsBefore(key) {
        try {
            return sessionStorage.getItem(shownKey) === key;
        } catch {
            return shown === key;
        }
    }

    function remember(key) {
        shown = key;
        try {
            sessionStorage.setItem(shownKey, key);
        } catch {
            // Without storage a reload shows the model with a fresh view.
        }
    }

    function drawnConfig(message, key) {
        const view = pendingView;
        pendingView = null;
        if (view !== null) {
            const same = sameAsBefore(key);
            replayEnds = same ? performance.now() + REPLAY_MS : 0;
            const shapes = message.data.shapes;
            const known = core.collectStates(shapes);
            return restored(message.config, { view, same, bb: shapes.bb, known });
        }
        // The splash has no view worth keeping.
        const mode = message.config.resetCamera ?? "keep";
        if (onScreen !== "model" && shown === null && (mode === "keep" || mode === "center")) {
            return { ...message.config, resetCamera: "reset" };
        }
        return message.config;
    }

    function showModel(message, key) {
        if (!(message.data?.shapes?.parts?.length > 0)) {
            return;
        }
        const next = modern(message);
        page.handleMessage({ ...next, config: drawnConfig(next, key) });
        performance.mark("built");
        if (replayEnds > 0) {
            replayEnds = performance.now() + REPLAY_MS;
        }
        onScreen = "model";
        remember(key);
        unsay("failed");
        markFrame();
    }

    async function fetchModel(message, signal) {
        const url = modelUrl(message.url);
        const held = await kept(url, message.bytes);
        if (signal.aborted) {
            throw signal.reason;
        }
        if (held !== null) {
            return held;
        }
        const bar = progress(message.bytes);
        try {
            return await fetchBytes(url, bar.update, signal);
        } finally {
            bar.end();
        }
    }

    /** Ask for the model as the kernel sent it, and wait for that. */
    function askVerbatim(signal) {
        tell("verbatim", {});
        return new Promise((resolve, reject) => {
            const timer = setTimeout(
                () => reject(new Error("the server did not send the model")),
                VERBATIM_MS
            );
            verbatim = (message) => {
                clearTimeout(timer);
                verbatim = null;
                resolve(message);
            };
            signal.addEventListener("abort", () => {
                clearTimeout(timer);
                verbatim = null;
                reject(signal.reason);
            });
        });
    }

    async function loadModel(message, signal) {
        const key = message.url.split("/").pop();
        let payload;
        let bytes = null;
        try {
            bytes = await fetchModel(message, signal);
            performance.mark("bytes");
            payload = plainTree(parseModel(bytes), tcv.resolveInstances);
            performance.mark("parsed");
        } catch (error) {
            if (signal.aborted) {
                throw error;
            }
            tell("log", `page: ${message.url}: ${error.message}; asking for the text`);
            payload = await askVerbatim(signal);
            bytes = null;
        }
        showModel(payload, key);
        if (bytes !== null) {
            keep(modelUrl(message.url), bytes);
        }
    }

    /** A picture of what is on screen; after a clear there is none. */
    async function capture(name) {
        if (viewer === null) {
            showSplash();
        }
        const image = await viewer.getImage(name);
        return typeof image.dataUrl === "string" ? image.dataUrl : null;
    }

    async function screenshot(message) {
        const data = await capture(message.filename);
        if (data === null) {
            throw new Error("there is no model on screen");
        }
        send("screenshot", { filename: message.filename, data });
    }

    async function thumbnail() {
        const data = onScreen === "model" ? await capture("thumbnail") : null;
        if (data === null) {
            return;
        }
        const image = new Image();
        image.src = data;
        await image.decode();
        for (let width = Math.min(THUMBNAIL_WIDTH, image.width); width >= 32; width /= 2) {
            const small = document.createElement("canvas");
            small.width = width;
            small.height = Math.max(1, Math.round((image.height * width) / image.width));
            const context = small.getContext("2d");
            context.imageSmoothingQuality = "high";
            context.drawImage(image, 0, 0, small.width, small.height);
            const png = small.toDataURL("image/png");
            if (png.length < THUMBNAIL_BYTES) {
                send("thumbnail", { data: png });
                return;
            }
        }
    }

    function clear() {
        if (viewer !== null) {
            page.handleMessage({ type: "clear" });
        }
        onScreen = "cleared";
        replayEnds = 0;
    }

    function empty() {
        pendingView = null;
        if (onScreen === "model") {
            clear();
        } else {
            showSplash();
        }
    }

    function settingsMessage(message) {
        const next = modern({ ...message, config: { ...message.config } });
        const replayed = performance.now() < replayEnds;
        page.handleMessage(replayed ? { ...next, config: withoutView(next.config) } : next);
    }

    /** What moves a model has no meaning where there is none. */
    function moving(message) {
        if (viewer !== null && viewer.ready) {
            page.handleMessage(message.type === "animation" ? modern(message) : message);
        }
    }

    const HANDLERS = {
        model: loadModel,
        data: (message) => showModel(message, `text:${textSize.get(message)}`),
        ui: settingsMessage,
        animation: moving,
        set_relative_time: moving,
        clear,
        empty,
        restore: (message) => {
            pendingView ??= message.view;
        },
        replayed: () => {
            replayEnds = 0;
        },
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
                performance.mark("bytes", { startTime: notice });
                performance.mark("parsed");
                if (verbatim !== null) {
                    verbatim(message);
                    return true;
                }
                textSize.set(message, size);
            }
            return false;
        },

        /** What is on screen is what comes back when the connection does. */
        connectionLost() {
            if (onScreen === "model" && pendingView === null) {
                pendingView = { ...reported };
            }
            status.forget();
            replayEnds = 0;
        },

        /** three-cad-viewer's instance, null before anything was shown. */
        get viewer() {
            return viewer;
        },

        setMeasure,
        measured,
        showSplash,
        resize: () => page.resize()
    };
}
