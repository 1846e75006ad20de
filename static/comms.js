// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The page's WebSocket: opened, and opened again after every loss, first quickly
// and then once a second, until the limit of attempts is reached.

const BACK_OFF_MS = [100, 200, 400, 800];
const STEADY_MS = 1000;
const CONNECT_TIMEOUT_MS = 10000;
const ANSWER_TIMEOUT_MS = 5000;
const SLEEP_CHECK_MS = 5000;
const QUIET_MS = 20000;

/**
 * @param url       the WebSocket's address
 * @param limit     attempts after a loss before giving up; -1 is for ever
 * @param register  () => string, sent first on every new connection
 * @param onText    (text) => void, every text frame
 * @param onState   ({state, attempt, limit}) => void, where state is "connecting",
 *                  "live", "waiting" or "gone" (given up)
 * @returns `{send, retry, state}`; `send` returns whether the text went out
 */
export function createComms({ url, limit, register, onText, onState }) {
    let socket = null;
    let state = "connecting";
    let attempt = 0;
    let timer = null;
    let heard = 0;

    function tell(next) {
        state = next;
        onState({ state, attempt, limit });
    }

    function open() {
        clearTimeout(timer);
        timer = null;
        if (attempt === 0) {
            tell("connecting");
        }
        const mine = new WebSocket(url);
        socket = mine;
        const deadline = setTimeout(() => mine.close(), CONNECT_TIMEOUT_MS);
        mine.onopen = () => {
            clearTimeout(deadline);
            if (mine !== socket) {
                mine.close();
                return;
            }
            attempt = 0;
            heard = performance.now();
            mine.send(register());
            tell("live");
        };
        mine.onmessage = (event) => {
            if (mine === socket) {
                heard = performance.now();
                onText(event.data);
            }
        };
        mine.onclose = () => {
            clearTimeout(deadline);
            if (mine === socket) {
                lost();
            }
        };
    }

    function lost() {
        socket = null;
        if (limit >= 0 && attempt >= limit) {
            tell("gone");
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
        if (socket === null) {
            attempt = 0;
            open();
        }
    }

    // A connection that died while this machine slept or changed networks still
    // looks open here: one question shows whether somebody is there.
    function probe() {
        if (!send('U:{"command":"ping"}')) {
            if (state === "waiting") {
                open();
            }
            return;
        }
        const asked = performance.now();
        const mine = socket;
        setTimeout(() => {
            if (mine === socket && heard < asked) {
                // close() would wait for a peer that is gone; let go of it instead.
                mine.onclose = null;
                mine.close();
                lost();
            }
        }, ANSWER_TIMEOUT_MS);
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
        get state() {
            return state;
        }
    };
}
