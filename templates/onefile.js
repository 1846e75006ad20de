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
import { createModelTools } from "../static/modeltools.js";
import { say } from "../static/notices.js";
import { createOrder } from "../static/order.js";
import { createPreferences } from "../static/preferences.js";
import { createScene } from "../static/scene.js";
import { createTheme } from "../static/theme.js";
import { createTitle } from "../static/title.js";
import { createPast, readPast } from "./onefile-past.js";
import * as tcv from "../static/vendor/three-cad-viewer.esm.js";
import * as core from "../static/vendor/ocp-viewer-core/index.js";

/** @type {{ settings: any, view: string, messages: string[] }} */
const values = JSON.parse(at("cadcast").textContent);
const held = readPast(new Blob([window.cadcastModel]));
const file = URL.createObjectURL(held.file);
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
const preferences = createPreferences((changes) => scene.apply(changes), "as the file says");
const theme = createTheme(preferences.configFor({ theme: config.settings.theme }).theme);
const title = createTitle("");
const measurements = createMeasurements("");
const modelShown = createModelTools({ scene: () => scene, session: "model", measurements, massUrl: () => null });

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
        at("about").hidden = true;
        modelShown();
    },
    onMeasured: (answer, ids) => measurements.add(answer, ids, scene.looking.key),
    tell,
    modelUrl: (path) => (path === file ? file : URL.createObjectURL(held.files.get(Number(path.split("/").pop()))))
});
const order = createOrder({
    handle: (message, signal) => {
        /** @type {any} */
        const { type, done } = message;
        return type === "drawn" ? done() : scene.handle(message, signal);
    },
    report
});

createMenu({
    urls: null,
    openFiles: () => {},
    picture: scene.picture,
    name: () => scene.looking.name,
    link: () => location.href,
    file: () => location.href,
    part: () => "",
    preferences,
    onResize: () => scene.resize()
});
watchMessages();
/** A direction by angles in degrees, as an address has it: from the front to the right, and up. */
function look(viewer, [azimuth, elevation]) {
    const camera = viewer.camera.getCamera();
    const [a, e] = [azimuth, elevation].map((degrees) => (degrees * Math.PI) / 180);
    const turned = ([x, y, z]) =>
        camera.position.clone().fromArray({ Y: [x, z, -y], Z: [x, y, z] }[viewer.state.get("up")] ?? [-y, x, z]);
    const right = turned([Math.cos(a), Math.sin(a), 0]);
    const back = turned([Math.sin(a) * Math.cos(e), -Math.cos(a) * Math.cos(e), Math.sin(e)]);
    viewer.presetCamera("iso");
    const target = viewer.controls.getTarget();
    const away = camera.position.distanceTo(target);
    const basis = camera.matrix.clone().makeBasis(right, back.clone().cross(right), back);
    const turn = camera.quaternion.clone().setFromRotationMatrix(basis);
    const position = back.multiplyScalar(away).add(target);
    viewer.setCameraLocationSettings(position.toArray(), turn.toArray(), null, 1);
}

const asBase64 = (canvas) => canvas.toDataURL("image/png").split(",")[1];

/** What is changed here is not on screen: the picture is painted once, in the end. */
function unpainted(viewer, change) {
    const { update } = viewer;
    viewer.update = () => {};
    try {
        change();
    } finally {
        viewer.update = update;
    }
}

/** One picture of what is shown, of that size. */
async function drawView(view, width, height, transparent) {
    const { viewer } = scene;
    unpainted(viewer, () => {
        viewer.resizeCadView(width, viewer.state.get("treeWidth"), height, true);
        if (typeof view === "string") {
            viewer.presetCamera(view === "back" ? "rear" : view);
            viewer.setCameraZoom(1);
        } else if (view !== null) {
            look(viewer, view);
        }
        // The renderer moves its light with each paint.
        viewer.directLight.position.copy(viewer.camera.getCamera().position);
    });
    return createImageBitmap(await scene.picture({ scale: 1, transparent }));
}

/**
 * The picture that src/browser/browser.c asks for, in base64.
 *
 * @param {any} options
 */
async function draw({ views, width, height, transparent, background, axes, grid, ortho }) {
    await shown;
    const wished = { axes, ortho, grid: grid === null ? null : [grid, grid, grid] };
    scene.apply(Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== null)));
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    const wanted = views.length === 0 ? [null] : views;
    const across = Math.ceil(Math.sqrt(wanted.length));
    const down = Math.ceil(wanted.length / across);
    const edge = (whole, index, count) => Math.floor((whole * index) / count);
    for (const [index, view] of wanted.entries()) {
        const [column, row] = [index % across, Math.floor(index / across)];
        const [left, top] = [edge(width, column, across), edge(height, row, down)];
        const size = [edge(width, column + 1, across) - left, edge(height, row + 1, down) - top];
        const drawn = await drawView(view, size[0], size[1], transparent || background !== null);
        context.drawImage(drawn, left, top, size[0], size[1]);
    }
    if (background !== null && !transparent) {
        context.globalCompositeOperation = "destination-over";
        context.fillStyle = background;
        context.fillRect(0, 0, width, height);
    }
    return asBase64(canvas);
}

window.cadcast = {
    get viewer() {
        return scene.viewer;
    },
    draw
};
window.addEventListener("resize", () => scene.resize(), true);

// As the server shows a model again after a reload: how it was looked at, the model, what changed it.
const view = JSON.parse(values.view);
if (view !== null) {
    scene.openLink({ model: file.split("/").pop(), view });
}
/** @type {any} */
const model = { type: "model", url: file, bytes: held.file.size, number: 1 };

function show() {
    /** @type {any[]} */
    const messages = [model, ...values.messages.map((text) => JSON.parse(text))];
    messages.forEach((/** @type {Message} */ message) => {
        scene.arrived(message, { notice: performance.now(), size: 0 });
        order.push(message);
    });
    order.push(/** @type {any} */ ({ type: "replayed" }));
}

const past = createPast(held, {
    newest: () => model,
    push: order.push,
    look: (url) => {
        scene.forgetView();
        scene.openLink({ model: url.split("/").pop(), view: scene.looking.view });
        scene.connectionLost();
    },
    renew: show
});
watchKeys(past === null ? {} : { step: past.move });
show();
const shown = new Promise((done) => {
    order.push(/** @type {any} */ ({ type: "drawn", done }));
});
