/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMPARE_COMPARE_MODEL_H
#define CADCAST_COMPARE_COMPARE_MODEL_H

#include "compare/compare_match.h"

/* A model that shows the comparison: a group for each class, in its colour, and behind what has
 * changed or moved what it was, transparent. 0; -ENODATA: neither has a part; or an error of
 * compare_models. */
int compare_model(const struct compare_match *match, const struct compare_side *from,
                  const struct compare_side *to, const struct model_options *options,
                  struct model_file *file);

#endif
