// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors
//
// For the conformance suite of the Model Context Protocol, by `node --import`: it imports fs.globSync, which Node.js
// has since version 22, to look for the results of another command than the one that is used here.
import { register } from "node:module";

const FS = "data:text/javascript,export * from 'node:fs'; export const globSync = undefined;";
const HOOK = `export async function resolve(name, context, next) {
    const suite = name === "fs" && context.parentURL?.includes("/conformance/");
    return suite ? { url: ${JSON.stringify(FS)}, shortCircuit: true } : next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(HOOK)}`);
