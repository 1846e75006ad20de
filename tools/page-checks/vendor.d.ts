// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// Stands for the third-party modules of static/vendor, which are not checked.
declare const module: any;
export = module;
