// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The picture: ocp-viewer-core's page on three-cad-viewer, and what each message about
// the picture does to it.

/** @import { Animation, BackendResponse, Data, Message, Model, PageConfig, Restore, SetRelativeTime, Status, Tell, Ui } from "../tools/page-checks/messages" */
import { copySelected } from "./clipboard.js";
import { createCorePage } from "./core.js";
import { drawAnnounced } from "./drawing.js";
import { focusViewer } from "./keys.js";
import { createLayout } from "./layout.js";
import { untilLoaded } from "./lazy.js";
import { createLoader } from "./loader.js";
import { mark, markFirst } from "./marks.js";
import { createMeasure, hearMeasured } from "./measure.js";
import { createNames } from "./names.js";
import { createFolding, fitConfig, fitViewer } from "./narrow.js";
import { say, unsay } from "./notices.js";
import { createPainter } from "./painter.js";
import { createPanels, forPanel } from "./panels.js";
import { createPictures } from "./picture.js";
import { createRecall } from "./recall.js";
import { createStatus } from "./status.js";
import { nameOf } from "./title.js";
import { restored } from "./view.js";
import { createVocabulary } from "./vocabulary.js";

const NOTHING = { key: "", name: "", data: null, bytes: 0 };

/**
 * @param {object} tools
 * @param {any} tools.tcv             the renderer's module
 * @param {any} tools.core            ocp-viewer-core's
 * @param {PageConfig} tools.config   what the server wrote into the page
 * @param {ReturnType<typeof import("./graphics.js").createGraphics>} tools.graphics
 * @param {ReturnType<typeof import("./theme.js").createTheme>} tools.theme
 * @param {ReturnType<typeof import("./preferences.js").createPreferences>} tools.preferences
 * @param {(text: string, title?: string) => void} tools.setNote  a remark for the person
 * @param {(flag: boolean) => void} tools.hint  shows what an empty session shows, or hides it
 * @param {(answer: BackendResponse, ids: any[]) => void} tools.onMeasured
 * @param {(shown: { name: string, data: any }) => void} tools.setShown  that is on screen now
 * @param {Tell} tools.tell           to the server
 * @param {(path: string) => string} tools.modelUrl  the address of what the server named
 */
export function createScene(tools) {
    const { tcv, core, config, graphics, theme, preferences } = tools;
    const { hint, setNote, setShown, onMeasured, tell, modelUrl } = tools;
    const settings = preferences.configFor(config.settings);
    /** @type {Status} */
    let reported = {};
    let onScreen = "nothing";
    let shown = NOTHING; // the model on screen
    let run = null; // of the server
    let before = false; // what is on screen is from another run of the server
    let preview = null; // the number of the picture that the one on screen is a preview of
    let failure = null; // why the model that came last is not on screen
    const textSize = new WeakMap();

    const painter = createPainter(fitViewer(tcv.Viewer), {
        onViewer: (viewer) => {
            theme.follow(viewer);
            hearMeasured(viewer, (answer) => onMeasured(answer, reported.selectedShapeIDs ?? []));
            graphics.watch(viewer, () => painter.repaint());
        },
        onArrays: () => mark("scene"),
        onFrame: () => mark("frame"),
        onBroken: brokenImage
    });
    const container = document.getElementById("cad_viewer");
    const names = createNames(container);
    const panels = createPanels(container);
    const layout = createLayout({ onChange: resize });
    const fold = createFolding(container);
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
        theme: theme.resolved(),
        external: measure.elsewhere,
        send,
        getSize: layout.size
    });

    const pictures = createPictures({
        painter,
        tell,
        graphics,
        isModel: () => onScreen === "model",
        failure: () => failure
    });

    function send(command, text) {
        if (command === "status") {
            report(names.outward(text));
        } else {
            tell(command, text);
        }
    }

    /** @param {Status} changes */
    function report(changes) {
        reported = { ...reported, ...changes };
        if (Array.isArray(changes.selected) && changes.selected.length > 0) {
            copySelected(changes.selected.join(","));
        }
        if ("activeTool" in changes) {
            measure.tool(changes.activeTool);
            panels.tool(changes.activeTool);
        }
        status.report(changes);
    }

    function brokenImage(path) {
        const text = `The image on ${names.realPath(path)} cannot be read; its face stays black.`;
        say("image", `${text} Is it a picture that browsers know, such as PNG?`, { kind: "warning" });
        tell("log", `page: ${text}`);
    }

    function measuredElsewhere(flag) {
        display.externalMeasurementBackend = flag;
        painter.viewer?.state.set("externalMeasurementBackend", flag, false);
    }

    function resize() {
        painter.once(() => page.resize());
    }

    /**
     * An answer goes to the panel that waits for it.
     *
     * @param {BackendResponse} message
     */
    function measured(message) {
        measure.answered(message);
        if (painter.ready) {
            page.handleMessage(forPanel(message));
        }
    }

    /** Something is drawn, so the renderer's tools are there. */
    function onDisplay() {
        layout.watch();
        focusViewer();
        untilLoaded("Help for the keyboard", () => import("./a11y.js")).then((help) => help.completeControls(container));
        panels.watch();
    }

    /** There is nothing to see, or not any more. */
    function showHint() {
        if (onScreen !== "model" && graphics.usable) {
            hint(true);
        }
    }

    /**
     * @param {Data} message
     * @param {string} key  the model's name
     * @param {number} bytes  its size
     */
    function showModel(message, key, bytes) {
        if (!(message.data?.shapes?.parts?.length > 0)) {
            clear();
            say("empty", "The last show held nothing to draw. Give show() a shape, or a list of shapes.");
            return;
        }
        hint(false);
        const sent = modern(message);
        const next = { ...sent, config: preferences.configFor(sent.config) };
        const drawn = { ...next, config: fitConfig(theme.configFor(recall.configFor(next, key))) };
        const name = nameOf(next.data.shapes);
        painter.show(() => {
            page.handleMessage(names.inward(drawn));
            fold(painter.viewer.display);
            mark("built");
        });
        failure = null;
        onScreen = "model";
        shown = { key, name, data: drawn.data, bytes };
        setShown(shown);
        onDisplay();
        recall.drawn(key);
        current();
        unsay("failed");
        unsay("empty");
        unsay("image");
    }

    /**
     * @param {Model} message
     * @param {AbortSignal} signal
     */
    async function model(message, signal) {
        try {
            const { payload, keep } = await loader.load(message, signal);
            const key = message.url.split("/").pop();
            const draw = () => {
                // The picture that this window has looked at since, less finely drawn.
                if (message.refines === true && preview === message.number && onScreen === "model") {
                    recall.refine({ ...reported });
                }
                preview = message.preview === true ? message.number : null;
                showModel(payload, key, message.bytes);
            };
            await drawAnnounced(payload.data?.shapes, message.bytes, signal, draw);
            keep();
        } catch (error) {
            failed(error, signal);
        }
    }

    /** The model that was to be shown is not: what is on screen is no picture of it. */
    function failed(error, signal) {
        if (!signal.aborted) {
            failure = error;
        }
        throw error;
    }

    function clear() {
        if (painter.viewer !== null) {
            page.handleMessage({ type: "clear" });
        }
        onScreen = "cleared";
        shown = NOTHING;
        setShown(shown);
        showHint();
        current();
        failure = null;
        recall.replayed();
    }

    /** What is on screen is the session's picture. */
    function current() {
        before = false;
        unsay("before");
    }

    /** The session holds no picture: there was never one, or it was cleared, or the server forgot. */
    function empty() {
        recall.forget();
        if (onScreen === "model" && before) {
            say(
                "before",
                "The server was restarted and has no picture; the one shown is from before the restart. " +
                    "Show the model again to replace it."
            );
        } else if (onScreen === "model") {
            clear();
        } else {
            showHint();
        }
    }

    /** @param {Ui} message */
    function ui(message) {
        const next = modern({ ...message, config: { ...message.config } });
        const kept = preferences.changesFor(recall.settings(next.config));
        const changed = { ...next, config: fitConfig("theme" in kept ? theme.configFor(kept) : kept) };
        painter.once(() => page.handleMessage(names.inward(changed)));
    }

    function follow(view) {
        if (painter.ready && onScreen === "model") {
            const known = core.collectStates(shown.data.shapes);
            const next = restored({}, { view, same: true, bb: null, known });
            delete next.resetCamera;
            painter.once(() => page.handleMessage(names.inward({ type: "ui", config: next })));
        }
    }

    /** Settings that a person chose in this page. */
    function apply(changes) {
        const next = fitConfig("theme" in changes ? theme.configFor(changes) : changes);
        if (painter.ready) {
            painter.once(() => page.handleMessage({ type: "ui", config: next }));
        }
    }

    /**
     * What moves a model has no meaning where there is none.
     *
     * @param {Animation | SetRelativeTime} message
     */
    function moving(message) {
        if (painter.ready) {
            painter.once(() => page.handleMessage(names.inward(message)));
        }
    }

    const HANDLERS = {
        model,
        /** @param {Data} message */
        data: (message, signal) => {
            const size = textSize.get(message);
            const draw = () => showModel(message, `text:${size}`, size);
            const wrong = (error) => failed(error, signal);
            try {
                return drawAnnounced(message.data?.shapes, size, signal, draw)?.catch(wrong);
            } catch (error) {
                return wrong(error);
            }
        },
        ui,
        /** @param {Animation} message */
        animation: (message) => moving(modern(message)),
        set_relative_time: moving,
        clear,
        empty,
        /** @param {Restore} message */
        restore: (message) => recall.expect(message.view),
        replayed: recall.replayed,
        screenshot: pictures.screenshot,
        thumbnail: pictures.thumbnail
    };

    return {
        /**
         * @param {Message} message
         * @param {AbortSignal} signal
         */
        handle(message, signal) {
            if (!graphics.usable && message.type !== "screenshot") {
                return undefined;
            }
            if (Object.hasOwn(HANDLERS, message.type)) {
                return HANDLERS[message.type](message, signal);
            }
            // A newer client's: the renderer's side may know it.
            return painter.once(() => page.handleMessage(message));
        },

        /**
         * A message came off the socket. Returns whether it was the text that a failed
         * file is waiting for; that takes its place and must not queue behind itself.
         *
         * @param {Message} message
         * @param {{ notice: number, size: number }} how  when it came, and its length
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

        /** The run of the server that what comes next is from. */
        servedBy(next) {
            before ||= run !== null && run !== next && onScreen === "model";
            run = next;
        },

        /** The next model is to be seen as a link says. */
        openLink: ({ model: of, view }) => recall.expect(view, of),

        /** The model on screen, `{key, name}`, and how it is looked at. */
        get looking() {
            return { ...shown, view: reported };
        },

        /** Whether the server measures exactly. */
        get exact() {
            return measure.exact;
        },

        realPath: names.realPath,
        apply,
        follow,
        picture: pictures.draw,

        /** Forgets the last view: the next model starts with its own. */
        forgetView: recall.forget,

        /** three-cad-viewer's instance, null before anything was shown. */
        get viewer() {
            return painter.viewer;
        },

        setMeasure: measure.change,
        measured,
        showHint,
        resize
    };
}
