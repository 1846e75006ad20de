/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_EXPORT_H
#define CADCAST_API_API_EXPORT_H

#include "api/api_call.h"

/* What a session shows as a file, `format`; `parts`, `hide`: lists of ids, `visible`: as in
 * export/export_query.h. The answer has the path of the same file over HTTP. */
void api_export_ask(struct api_call *call);

#endif
