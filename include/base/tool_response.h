/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_TOOL_RESPONSE_H
#define CADCAST_BASE_TOOL_RESPONSE_H

#include "base/text.h"

/* Writes the "backend_response" that gives the reason why a question asked with `tool` has no
 * answer, as one JSON object. The page's panel shows it like any answer: docs/measuring.md. Failing
 * memory shows in text_error. */
void tool_response_refusal(struct text *out, const char *tool, const char *reason);

#endif
