// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Where the page starts: the settings the server filled in, the renderer, the socket,
// and what each message does.

/** @import { ConnectionNews, Hello, Message, Notice, BackendResponse, Sessions, Tell } from "../tools/page-checks/messages" */
import { createAway } from "./away.js";
import { watchUse } from "./idle.js";
import { createBar, readName, showNote } from "./bar.js";
import { createComms } from "./comms.js";
import { readConfig, resourceUrl, rootUrl, socketUrl } from "./config.js";
import { createConnectionNotice } from "./connection.js";
import { createGraphics } from "./graphics.js";
import { chooseFiles, watchDrops } from "./drop.js";
import { createIdentity } from "./identity.js";
import { createHint } from "./hint.js";
import { watchKeys } from "./keys.js";
import { lazily } from "./lazy.js";
import { viewFromHash, viewToHash } from "./link.js";
import { createMeasurements } from "./measurements.js";
import { createMenu } from "./menu.js";
import { watchMessages } from "./messages.js";
import { createModelTools } from "./modeltools.js";
import { say, unsay } from "./notices.js";
import { createOrder } from "./order.js";
import { createPreferences } from "./preferences.js";
import { createScene } from "./scene.js";
import { createTitle } from "./title.js";
import { createTheme } from "./theme.js";

const HINT_AFTER_MS = 1500;
const AGAIN_MS = 2000;
const RENDERER = new URL("./vendor/three-cad-viewer.esm.js", import.meta.url);

const config = readConfig();
const preferences = createPreferences((changes) => scene.apply(changes));
const theme = createTheme(preferences.configFor({ theme: config.settings.theme }).theme);
const idle = watchUse();
const graphics = createGraphics();
const identity = createIdentity(renamed);
const notify = createConnectionNotice(() => comms.retry());
const title = createTitle(config.session);
const bar = createBar({ urls: config.urls, session: config.session, readOnly: config.read_only });
let greeted = false;
let saidUnreadable = false;
let picked = ""; // the id of the part picked last
let measures = config.measure;
let comms = null;

/** @type {Tell} */
function tell(command, text) {
    // Not of a comparison. Pages that follow hear of an earlier picture, the server does not.
    if (comms === null || (command === "status" && away.number === null)) {
        return false;
    }
    const pick = /** @type {any} */ (text)?.lastPick;
    if (pick?.name !== undefined) {
        picked = `${pick.path}/${pick.name}`;
    }
    if (command === "status") {
        presenter?.reported(text);
        if (away.on) {
            return false;
        }
    }
    const said = command === "status" ? { command, text, idle: idle() } : { command, text };
    return comms.send(`U:${JSON.stringify(said)}`);
}

/**
 * Say a failure on screen and to the server's log; the console is for the renderer.
 *
 * @param {any} error
 * @param {{ type: string }} message
 */
function report(error, message) {
    const text = error instanceof Error ? error.message : String(error);
    const what = `This ${message.type ?? "message"} could not be shown: ${text}`;
    say("failed", `${what}. Show it again; if that does not help, see the log (cadcast logs).`, { kind: "error" });
    console.warn("cadcast:", message.type, error);
    tell("log", `page: ${message.type}: ${error?.stack ?? text}`);
}

/** @param {ConnectionNews} news */
function connectionState(news) {
    bar.setState(news.state);
    title.state(news.state);
    notify(news);
    if (news.state === "live" && !greeted) {
        greeted = true;
        tell("started", {});
        if (!graphics.usable) {
            tell("log", "page: this browser has no WebGL and shows nothing");
        }
    } else if (news.state === "waiting") {
        scene.connectionLost();
        order.drop();
    }
}

/** This window was taken for another one, and what it was given is that one's. */
function renamed() {
    if (comms !== null) {
        order.drop();
        scene.forgetView();
        comms.renew();
    }
}

let told = ""; // the newest notice of the server
let running = null; // the newest one about a run

/**
 * An empty text takes the notice of that key back.
 *
 * @param {Notice} message
 */
function onNotice(message) {
    const { key = "server", text, level = "info", progress, seconds } = message;
    told = text;
    running = key === "run" ? message : running;
    if (text === "") {
        unsay(key);
    } else if (seconds !== undefined) {
        import("./working.js").then((working) => working.count(text, seconds, () => running === message));
    } else if (progress !== undefined) {
        import("./working.js").then((working) => told === text && working.tell(text, progress));
    } else {
        say(key, text, { kind: level });
    }
}

let session = "";
let known = ""; // the session of the last connection, for the next one
let presenter = null;
const presenting = lazily("What leads other pages", async () => {
    const { createPresenter } = await import("./presenter.js");
    return (presenter ??= createPresenter({
        view: () => scene.looking.view,
        show: scene.follow,
        step: () => away.number,
        go: away.go,
        tell
    }));
});
const leave = lazily("What a renamed session needs", () => import("./leave.js"));

/** @param {Hello} message */
function hello(message) {
    // It was renamed.
    if (session !== "" && message.session !== session) {
        leave().then((loaded) => loaded?.leaveFor(config.urls, session, message.session));
        return;
    }
    session = message.session;
    known = `?run=${message.run}&id=${message.id}`;
    // If it still holds it comes next; it may have been taken back while there was no connection.
    running = null;
    unsay("run");
    unsay("settings");
    unsay("refused");
    bar.setSessions(message.sessions ?? []);
    measures = message.measure;
    scene.setMeasure(away.on ? "mesh" : measures);
    scene.servedBy(message.run);
    if (message.version !== config.version) {
        say(
            "version",
            `The server is now cadcast ${message.version}; this page is from ${config.version}.`,
            { action: { label: "Reload", run: () => location.reload() } }
        );
    }
}

// These do not touch the picture, or only the one on screen, and need not wait for a
// model that is on its way.
const AT_ONCE = {
    hello,
    pong: () => {},
    /** @param {Sessions} message */
    sessions: (message) => bar.setSessions(message.sessions.map((each) => each.name)),
    history: (message) => away.history(message),
    notice: onNotice,
    presenter: (message) => presenting().then((loaded) => loaded?.heard(message)),
    /** @param {BackendResponse} message */
    backend_response: (message) => away.on || scene.measured(message)
};

/** What a newer client sends need not be JSON: said once, and left out. */
function unreadable(error) {
    if (!saidUnreadable) {
        saidUnreadable = true;
        say(
            "unreadable",
            "Python sent a message that this page cannot read. " +
                "Update cadcast if it is older than the Python packages.",
            { kind: "warning" }
        );
        tell("log", `page: a message is not JSON and is skipped, as are later ones: ${error.message}`);
    }
}

/** @param {string} text */
function onText(text) {
    const notice = performance.now();
    /** @type {Message} */
    let message;
    try {
        message = JSON.parse(text);
    } catch (error) {
        unreadable(error);
        return;
    }
    if (message === null) {
        return;
    }
    if (Object.hasOwn(AT_ONCE, message.type)) {
        try {
            AT_ONCE[message.type](message);
        } catch (error) {
            report(error, message);
        }
        return;
    }
    const held = away.holds(message);
    if (message.type === "screenshot" && held) {
        tell("screenshot_failed", { filename: message.filename, reason: "this window shows an earlier picture, or a comparison" });
    } else if (!scene.arrived(message, { notice, size: text.length }) && !held) {
        order.push(message);
    }
}

/** Bring up the renderer. Without it the page can still say what is missing, and loads it until it is there. */
async function renderer() {
    for (;;) {
        try {
            const [loaded, pages] = await Promise.all([
                import("./vendor/three-cad-viewer.esm.js"),
                import("./vendor/ocp-viewer-core/index.js")
            ]);
            unsay("renderer");
            return { tcv: loaded, core: pages };
        } catch (error) {
            console.warn(error);
            const answer = await fetch(RENDERER, { method: "HEAD" }).catch(() => null);
            const why = answer?.status === 404
                ? "files are missing. Run tools/fetch-assets where cadcast is installed."
                : "files could not be loaded from the server; trying again …";
            say("renderer", `The renderer's ${why}`, { kind: "error", dismiss: false });
            await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        }
    }
}

/** Where the server is asked for the volume of a part; null if it cannot measure. */
function massUrl(path) {
    const of = `api/v1/sessions/${encodeURIComponent(config.session)}/mass?id=`;
    return scene.exact ? rootUrl(config.urls, of + encodeURIComponent(scene.realPath(path))) : null;
}

const files = { url: (path) => resourceUrl(config.urls, path), readOnly: config.read_only };
const measurements = createMeasurements(config.session);
const modelShown = createModelTools({ scene: () => scene, session: config.session, measurements, massUrl });
const { tcv, core } = await renderer();
const scene = createScene({
    tcv,
    core,
    config,
    graphics,
    theme,
    preferences,
    setNote: showNote,
    hint: createHint(config, () => chooseFiles(files)),
    setShown: ({ name }) => {
        title.show(name);
        readName(name);
        modelShown();
        away.drawn();
    },
    onMeasured: (answer, ids) => measurements.add(answer, ids, scene.looking.key),
    tell,
    modelUrl: (path) => resourceUrl(config.urls, path)
});

const HANDLERS = {
    follow: (message) => presenting().then((loaded) => loaded?.follow(message.view))
};

function handle(message, signal) {
    if (Object.hasOwn(HANDLERS, message.type)) {
        return HANDLERS[message.type](message);
    }
    if (message.type === "replayed") {
        presenter?.greeted();
    }
    return scene.handle(message, signal);
}

const order = createOrder({ handle, report });
const away = createAway({
    look: (url = "") => {
        scene.forgetView();
        scene.openLink({ model: url.split("/").pop(), view: scene.looking.view });
        scene.setMeasure(away.on ? "mesh" : measures);
        scene.connectionLost();
    },
    push: order.push,
    renew: () => comms.send(register()),
    url: files.url,
    root: (path) => rootUrl(config.urls, path),
    session: () => session,
    stepped: (number) => presenter?.stepped(number),
    stays: () => presenter?.stays(),
    scene
});

createMenu({
    urls: config.urls,
    openFiles: () => chooseFiles(files),
    lead: async () => {
        if (config.read_only) {
            throw new Error("this page may only view");
        }
        (await presenting())?.lead();
    },
    picture: scene.picture,
    name: () => scene.looking.name,
    link: () => new URL(viewToHash(scene.looking.key, scene.looking.view), location.href).href,
    step: () => away.query,
    file: () => `export.html?page=${identity.id}`,
    part: () => picked,
    preferences,
    onResize: () => scene.resize()
});
watchMessages();
const linked = viewFromHash(location.hash);
if (linked !== null) {
    scene.openLink(linked);
    history.replaceState(null, "", location.pathname + location.search);
}
// The page is the same, and the link is for the next model that comes.
window.addEventListener("hashchange", () => location.reload());

function register() {
    const about = { viewer: "cadcast", id: identity.id, formats: ["binary"], version: config.version, idle: idle() };
    return `L:${JSON.stringify(about)}`;
}

comms = createComms({
    url: () => socketUrl(config.urls) + known,
    limit: config.max_reconnect_attempts,
    keepTrying: config.keep_trying,
    register,
    onText,
    onState: connectionState
});
// For a person at the console, and for tests.
window.cadcast = {
    get viewer() {
        return scene.viewer;
    }
};
watchKeys(away);
watchDrops(files);
window.addEventListener("resize", () => scene.resize(), true);
// A server that does not answer should not leave an empty page. One that does says if it holds
// nothing; otherwise its picture is on the way.
setTimeout(() => {
    if (comms.state !== "live") {
        scene.showHint();
    }
}, HINT_AFTER_MS);
