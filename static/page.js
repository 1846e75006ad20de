// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Where the page starts: the settings the server filled in, the renderer, the socket,
// and what each message does.

import { watchActs } from "./acts.js";
import { createBar } from "./bar.js";
import { createComms } from "./comms.js";
import { applyTheme, readConfig, resourceUrl, socketUrl } from "./config.js";
import { createConnectionNotice } from "./connection.js";
import { createIdentity } from "./identity.js";
import { say } from "./notices.js";
import { createOrder } from "./order.js";
import { createScene } from "./scene.js";

const SPLASH_AFTER_MS = 1500;

const config = readConfig();
applyTheme(config.settings.theme);
const idle = watchActs();
const identity = createIdentity(renamed);
const notify = createConnectionNotice(() => comms.retry());
const bar = createBar({ urls: config.urls, session: config.session, readOnly: config.read_only });
let greeted = false;
let comms = null;

function tell(command, text) {
    if (comms === null) {
        return false;
    }
    const said = command === "status" ? { command, text, idle: idle() } : { command, text };
    return comms.send(`U:${JSON.stringify(said)}`);
}

/** Say a failure on screen and to the server's log; the console is for the renderer. */
function report(error, message) {
    const text = error instanceof Error ? error.message : String(error);
    say("failed", `This ${message.type ?? "message"} could not be shown: ${text}`, { kind: "error" });
    console.warn("cadcast:", message.type, error);
    tell("log", `page: ${message.type}: ${error?.stack ?? text}`);
}

function connectionState(news) {
    bar.setState(news.state);
    notify(news);
    if (news.state === "live" && !greeted) {
        greeted = true;
        tell("started", {});
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

function hello(message) {
    bar.setSessions(message.sessions ?? []);
    scene.setMeasure(message.measure);
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
    sessions: (message) => bar.setSessions(message.sessions.map((each) => each.name)),
    notice: (message) => say("server", message.text, { kind: message.level ?? "info" }),
    backend_response: (message) => scene.measured(message)
};

function onText(text) {
    const notice = performance.now();
    let message;
    try {
        message = JSON.parse(text);
    } catch (error) {
        report(error, { type: "message" });
        return;
    }
    if (message === null || typeof message !== "object" || message.type === undefined) {
        return;
    }
    const now = AT_ONCE[message.type];
    if (now !== undefined) {
        try {
            now(message);
        } catch (error) {
            report(error, message);
        }
        return;
    }
    if (!scene.arrived(message, { notice, size: text.length })) {
        order.push(message);
    }
}

/** Bring up the renderer; without it the page can still say what is missing. */
async function renderer() {
    try {
        const [tcv, core] = await Promise.all([
            import("./vendor/three-cad-viewer.esm.js"),
            import("./vendor/ocp-viewer-core/index.js")
        ]);
        return { tcv, core };
    } catch (error) {
        say(
            "renderer",
            "The renderer's files are not there. Run tools/fetch-assets where cadcast is, then reload.",
            { kind: "error", dismiss: false }
        );
        throw error;
    }
}

const { tcv, core } = await renderer();
const scene = createScene({
    tcv,
    core,
    config,
    setNote: bar.setNote,
    tell,
    modelUrl: (path) => resourceUrl(config.urls, path)
});
const order = createOrder({ handle: scene.handle, report });

comms = createComms({
    url: socketUrl(config.urls),
    limit: config.max_reconnect_attempts,
    register: () =>
        "L:" +
        JSON.stringify({
            viewer: "cadcast",
            id: identity.id,
            formats: ["binary"],
            version: config.version,
            idle: idle()
        }),
    onText,
    onState: connectionState
});
// For a person at the console, and for tests.
window.cadcast = {
    get viewer() {
        return scene.viewer;
    }
};
window.addEventListener("resize", () => scene.resize(), true);
// A server that does not answer should not leave an empty page.
setTimeout(() => scene.showSplash(), SPLASH_AFTER_MS);
