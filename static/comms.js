// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The page's WebSocket: opened, and opened again after every loss, first quickly
// and then once a second, until the limit of attempts is reached. After that it rests, or goes
// on now and then: a screen on the wall has no person who clicks. It counts as a connection once the
// server has answered on it: a proxy may accept one, and pass nothing on.

/** @import { ConnectionNews } from "../tools/page-checks/messages" */

const BACK_OFF_MS = [100, 200, 400, 800];
const STEADY_MS = 1000;
const SELDOM_MS = 30000;
const CONNECT_TIMEOUT_MS = 10000; // until it is open, and from then until the first answer
const ANSWER_TIMEOUT_MS = 5000;
const SLEEP_CHECK_MS = 5000;
const QUIET_MS = 20000;

/**
 * @param url       () => string, the WebSocket's address
 * @param limit     attempts after a loss before giving up; -1 is for ever
 * @param keepTrying  whether it goes on, every SELDOM_MS, after having given up
 * @param register  () => string, sent first on every new connection
 * @param onText    (text) => void, every text frame
 * @param onState   ({state, attempt, limit, silent}) => void, where state is "connecting",
 *                  "live", "waiting" or "gone" (given up); silent: the last attempt got no answer in time
 * @returns `{send, retry, renew, state}`; `send` returns whether the text went out
 */
export function createComms({ url, limit, keepTrying, register, onText, onState }) {
    /** @type {WebSocket} */
    let socket = null;
    /** @type {ConnectionNews["state"]} */
    let state = "connecting";
    let attempt = 0;
    let timer = null; // until a connection counts as failed, or until the next attempt
    let heard = 0;
    let silent = false;

    /** @param {ConnectionNews["state"]} next */
    function tell(next) {
        state = next;
        onState({ state, attempt, limit, silent });
    }

    /** Drops the connection and its events: an old socket must not change the state of the new one. */
    function letGo() {
        clearTimeout(timer);
        if (socket !== null) {
            const old = socket;
            socket = null;
            old.onopen = old.onmessage = old.onclose = null;
            old.close();
        }
    }

    function open() {
        letGo();
        if (attempt === 0) {
            tell("connecting");
        }
        socket = new WebSocket(url());
        socket.onopen = opened;
        socket.onmessage = (event) => {
            heard = performance.now();
            if (state !== "live") {
                answered();
            }
            onText(event.data);
        };
        socket.onclose = () => lost(false);
        expectAnswer();
    }

    function expectAnswer() {
        clearTimeout(timer);
        timer = setTimeout(() => lost(true), CONNECT_TIMEOUT_MS);
    }

    function opened() {
        expectAnswer();
        socket.send(register());
    }

    function answered() {
        clearTimeout(timer);
        attempt = 0;
        silent = false;
        tell("live");
    }

    /** @param {boolean} inSilence  nothing ended it: it is given up */
    function lost(inSilence) {
        silent = inSilence;
        letGo();
        if (limit >= 0 && attempt >= limit) {
            tell("gone");
            if (keepTrying) {
                timer = setTimeout(open, SELDOM_MS);
            }
            return;
        }
        const delay = BACK_OFF_MS[attempt] ?? STEADY_MS;
        attempt += 1;
        tell("waiting");
        timer = setTimeout(open, delay);
    }

    function send(text) {
        if (socket === null || socket.readyState !== WebSocket.OPEN) {
            return false;
        }
        socket.send(text);
        return true;
    }

    /** Try at once, and with all attempts ahead again. */
    function retry() {
        if (state !== "live") {
            attempt = 0;
            open();
        }
    }

    /** Closes the connection and registers again, under the window's new name. */
    function renew() {
        attempt = 0;
        open();
    }

    // A connection that died while this machine slept or changed networks still looks
    // open here: one question shows whether the server is there. A page that had given up
    // tries once more when its user comes back to it.
    function probe() {
        if (socket === null) {
            open();
            return;
        }
        const asked = performance.now();
        const mine = socket;
        if (send('U:{"command":"ping"}')) {
            setTimeout(() => {
                if (mine === socket && heard < asked) {
                    lost(true);
                }
            }, ANSWER_TIMEOUT_MS);
        }
    }

    let last = Date.now();
    setInterval(() => {
        const now = Date.now();
        const slept = now - last > 4 * SLEEP_CHECK_MS && document.visibilityState === "visible";
        if (slept || (state === "live" && performance.now() - heard > QUIET_MS)) {
            probe();
        }
        last = now;
    }, SLEEP_CHECK_MS);
    window.addEventListener("online", probe);
    window.addEventListener("pageshow", (event) => event.persisted && probe());
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") {
            probe();
        }
    });

    open();
    return {
        send,
        retry,
        renew,
        get state() {
            return state;
        }
    };
}
