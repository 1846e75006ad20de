/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_EXACT_H
#define CADCAST_EXPORT_EXPORT_EXACT_H

#include "export/export.h"

/* STEP or BREP (`extension`), which cadcast-import writes from the exact geometry. As export_write,
 * and its result is what that fills in. */
int export_exact(const uint8_t *file, size_t size, const struct export_options *options,
                 const char *extension, struct export_result *result);

#endif
