// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Unpacks what an HTML file holds (tools/make-onefile): modules and styles as JSON, and the model,
// each as base64 of gzip; then starts the modules, which find each other by an import map.
(() => {
    const PIECE = 1 << 20; // characters that are decoded at a time, a multiple of 4

    /** The text of an element, which is taken out: it may be some hundred megabytes. */
    function take(id) {
        const element = document.getElementById(id);
        const text = element.textContent;
        element.remove();
        return text;
    }

    function decode(text) {
        if (Uint8Array.fromBase64 !== undefined) {
            return [Uint8Array.fromBase64(text)];
        }
        const pieces = [];
        for (let at = 0; at < text.length; at += PIECE) {
            pieces.push(Uint8Array.from(atob(text.slice(at, at + PIECE)), (character) => character.charCodeAt(0)));
        }
        return pieces;
    }

    function unpack(id) {
        const stream = new Blob(decode(take(id))).stream().pipeThrough(new DecompressionStream("gzip"));
        return new Response(stream).arrayBuffer();
    }

    function add(name, properties) {
        document.head.append(Object.assign(document.createElement(name), properties));
    }

    async function start() {
        const { modules, styles, entry } = JSON.parse(new TextDecoder().decode(await unpack("code")));
        const address = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        const imports = Object.fromEntries(Object.entries(modules).map(([name, text]) => [name, address(text)]));
        add("style", { textContent: styles });
        add("script", { type: "importmap", textContent: JSON.stringify({ imports }) });
        window.cadcastModel = await unpack("packed");
        await import(entry);
    }

    start().catch((error) => {
        document.getElementById("about").hidden = false;
        document.getElementById("about-why").textContent =
            `This browser cannot show it: ${error.message}. It may be too old, or the file is damaged.`;
    });
})();
