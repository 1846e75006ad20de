// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

interface Window {
    /** For a person at the console, and for tests. */
    cadcast: { readonly viewer: any; draw?: (options: any) => Promise<string> };
    /** The model's file, inside of an HTML file that holds it. */
    cadcastModel: ArrayBuffer | null;
}
