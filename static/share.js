// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The addresses where other machines find this session: to copy, or for a phone's camera. They are
// asked for when the menu is opened; the machine may have other ones by then.

import { copyText } from "./clipboard.js";
import { resourceUrl } from "./config.js";
import { at, button, element } from "./dom.js";
import { sayBriefly } from "./notices.js";

const LOOPBACK = /^(localhost|127\.|\[::1\])/;

/** The server's answer, or what stands for it without one. */
async function ask(urls) {
    const answer = await fetch(resourceUrl(urls, "addresses"), { cache: "no-store" }).catch(() => null);
    return answer?.ok ? answer.json() : { urls: [], view_urls: [], qr: false };
}

/** @param {string} source  of the code */
function showCode(address, source) {
    const picture = at("share-code");
    picture.src = source;
    picture.alt = `QR code of ${new URL(address).origin}`;
    picture.hidden = false;
}

/**
 * @param {import("../tools/page-checks/messages").Urls} urls
 * @returns a function that fills in the addresses as they are now
 */
export function createShare(urls) {
    const looking = at("share-view");
    let known = null;

    function line(address) {
        const { host, hostname, origin } = new URL(address);
        if (LOOPBACK.test(host)) {
            return [];
        }
        const copy = () => copyText(address).then(() => sayBriefly("copied", "Copied."));
        const name = encodeURIComponent(hostname.replace(/^\[|\]$/g, ""));
        const source = resourceUrl(urls, `qr.svg?host=${name}${looking.checked ? "&view" : ""}`);
        const code = button("QR code", () => showCode(address, source), `QR code of ${origin}`);
        return [element("li", "", [button(`Copy ${origin}`, copy), ...(known.qr ? [code] : [])])];
    }

    function fill() {
        const lines = (looking.checked ? known.view_urls : known.urls).flatMap(line);
        at("addresses").replaceChildren(...lines);
        at("addresses-none").hidden = lines.length > 0;
        at("share-looking").hidden = known.view_urls.length === 0 || lines.length === 0;
        at("share-code").hidden = true;
    }

    looking.addEventListener("change", fill);
    return async () => {
        known = await ask(urls);
        fill();
    };
}
