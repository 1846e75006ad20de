// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Where the page inside one HTML file starts (tools/make-onefile): the model is in the file too, and
// there is no server.

/** @import { Message } from "../tools/page-checks/messages" */
import { showNote } from "../static/bar.js";
import { at } from "../static/dom.js";
import { createGraphics } from "../static/graphics.js";
import { watchKeys } from "../static/keys.js";
import { createMeasurements } from "../static/measurements.js";
import { createMenu } from "../static/menu.js";
import { watchMessages } from "../static/messages.js";
import { decode } from "../static/names.js";
import { say } from "../static/notices.js";
import { createOrder } from "../static/order.js";
import { createPreferences } from "../static/preferences.js";
import { createScene } from "../static/scene.js";
import { createTheme } from "../static/theme.js";
import { createTitle } from "../static/title.js";
import * as tcv from "../static/vendor/three-cad-viewer.esm.js";
import * as core from "../static/vendor/ocp-viewer-core/index.js";

/** @type {{ settings: any, view: string, messages: string[] }} */
const values = JSON.parse(at("cadcast").textContent);
const file = URL.createObjectURL(new Blob([window.cadcastModel]));
const bytes = window.cadcastModel.byteLength;
window.cadcastModel = null;

/** Nothing hears it but a person at the console; without the model's file there is no model. */
function tell(command, text) {
    if (command === "verbatim") {
        throw new Error("the model in this file is damaged");
    }
    if (command === "log") {
        console.warn("cadcast:", text);
    }
    return false;
}

/**
 * @param {any} error
 * @param {{ type: string }} message
 */
function report(error, message) {
    say("failed", `This ${message.type} could not be shown: ${error?.message ?? error}.`, { kind: "error" });
    console.warn("cadcast:", message.type, error);
}

/** @type {any} */
const config = { session: "", measure: "mesh", settings: values.settings, read_only: true };
const preferences = createPreferences((changes) => scene.apply(changes));
const theme = createTheme(preferences.configFor({ theme: config.settings.theme }).theme);
const title = createTitle("");
const measurements = createMeasurements("");
/** @type {Promise<() => void>} */
let inspector = null;

const scene = createScene({
    tcv,
    core,
    config,
    graphics: createGraphics(),
    theme,
    preferences,
    setNote: showNote,
    hint: () => {},
    setShown: ({ name }) => {
        title.show(name);
        at("bar-name").textContent = name;
        inspector?.then((show) => show());
    },
    onMeasured: measurements.add,
    tell,
    modelUrl: (path) => path
});
const order = createOrder({ handle: scene.handle, report });

createMenu({
    urls: null,
    openFiles: () => {},
    picture: scene.picture,
    name: () => scene.looking.name,
    link: () => location.href,
    file: () => location.href,
    preferences,
    onResize: () => scene.resize()
});
watchMessages();
at("model").addEventListener("toggle", async () => {
    inspector ??= import("../static/inspector.js").then(({ createInspector }) =>
        createInspector({
            session: scene.looking.name,
            model: () => scene.looking,
            viewer: () => (scene.viewer?.ready ? scene.viewer : null),
            real: decode,
            measurements
        })
    );
    (await inspector)();
});
window.cadcast = {
    get viewer() {
        return scene.viewer;
    }
};
watchKeys();
window.addEventListener("resize", () => scene.resize(), true);

// As the server shows a model again after a reload: how it was looked at, the model, what changed it.
const view = JSON.parse(values.view);
if (view !== null) {
    scene.openLink({ model: file.split("/").pop(), view });
}
/** @type {any[]} */
const messages = [{ type: "model", url: file, bytes, number: 1 }, ...values.messages.map((text) => JSON.parse(text))];
messages.forEach((/** @type {Message} */ message) => {
    scene.arrived(message, { notice: performance.now(), size: 0 });
    order.push(message);
});
order.push(/** @type {any} */ ({ type: "replayed" }));
at("about").hidden = true;
