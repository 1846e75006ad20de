/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RERUN_TAIL_H
#define CADCAST_RERUN_TAIL_H

#include <uv.h>

#include "base/text.h"

/*
 * What a run says on standard error. It goes on to ours at once, and its end is kept, for those who
 * look at the model and not at the terminal. If ours is a terminal, the run has one too.
 */
struct tail;

/* For one run. 0, or a negative errno value. */
int tail_open(uv_loop_t *loop, struct tail **out);

/* The descriptor that the run gets as its standard error. */
int tail_end(const struct tail *tail);

/* The run has it: ours is closed. */
void tail_begun(struct tail *tail);

/* The run has ended: adds the last lines, as plain UTF-8 text of 2,000 bytes at most. */
void tail_lines(struct tail *tail, struct text *out);

/* Frees it on the loop. NULL is allowed. */
void tail_close(struct tail *tail);

#endif
