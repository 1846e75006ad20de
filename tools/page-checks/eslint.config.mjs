// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The rules that tools/check-page holds the page's sources and their tests to. It says where the
// packages are: they are installed into a cache and not beside this file.
import { createRequire } from "node:module";

const packages = createRequire(`${process.env.PAGE_CHECKS}/package.json`);
const js = packages("@eslint/js");

const browser =
    "AbortController AbortSignal BroadcastChannel Image Intl Response URL WebSocket XMLHttpRequest " +
    "createImageBitmap getComputedStyle TextDecoder TextEncoder ClipboardItem DecompressionStream Option atob btoa ResizeObserver MutationObserver Blob Event KeyboardEvent MouseEvent PointerEvent CSS HTMLElement Element Node " +
    "caches clearInterval clearTimeout console crypto document fetch history location matchMedia navigator " +
    "performance queueMicrotask requestAnimationFrame cancelAnimationFrame sessionStorage localStorage " +
    "setInterval setTimeout structuredClone window";
const globals = Object.fromEntries(browser.split(" ").map((name) => [name, "readonly"]));

export default [
    { ignores: ["static/vendor/**", "build*/**"] },
    {
        ...js.configs.recommended,
        files: ["static/*.js", "templates/*.js", "tests/page/*.mjs"],
        languageOptions: { ecmaVersion: 2024, sourceType: "module", globals }
    },
    {
        files: ["static/*.js", "templates/*.js", "tests/page/*.mjs"],
        rules: {
            eqeqeq: ["error", "always", { null: "ignore" }],
            curly: "error",
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-shadow": "error",
            "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
            "no-var": "error",
            "prefer-const": "error",
            "object-shorthand": "error",
            "no-throw-literal": "error"
        }
    },
    { files: ["tests/page/*.mjs"], languageOptions: { globals: Object.fromEntries(
        ["TextEncoder", "global", "process", "setImmediate"].map((name) => [name, "readonly"])) } }
];
