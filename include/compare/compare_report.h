/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMPARE_COMPARE_REPORT_H
#define CADCAST_COMPARE_COMPARE_REPORT_H

#include "compare/compare_match.h"

/* The comparison as JSON (docs/comparing.md); at most `limit` parts are listed. NULL: no memory. */
json_t *compare_report(const struct compare_match *match, const struct compare_side *from,
                       const struct compare_side *to, size_t limit);

#endif
