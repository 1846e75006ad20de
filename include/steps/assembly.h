/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STEPS_ASSEMBLY_H
#define CADCAST_STEPS_ASSEMBLY_H

#include "base/list.h"
#include "base/weak_pointer.h"
#include "loop/work.h"
#include "model/model.h"
#include "picture/history.h"
#include "picture/retained.h"

/*
 * The files of steps that are not held whole, made on the pool for requests. Who asks for one that
 * is being made waits for the same; the last one is kept for a moment, as many pages ask at once.
 */
struct assembly {
    struct work_jobs *jobs;
    struct retained *retained;
    struct block_cache *blocks; /* may be NULL */
    struct list making;
    struct model_file last; /* without bytes: none */
    bool asked;             /* since the last tick */
};

/* The file is made; `file` has its bytes and its hash, borrowed, and no bytes if there was no
 * memory. `who` is what asked, which is there. */
typedef void (*assembly_done)(void *owner, struct weak_pointer *who, const struct model_file *file);

void assembly_init(struct assembly *assembly, struct work_jobs *jobs, struct retained *retained);

/* The file of a step, borrowed, if it is there. False: it is to be asked for. */
bool assembly_has(struct assembly *assembly, const struct history_step *step,
                  struct model_file *file);

/* Has it made: `then` is called later, unless `who` is gone by then. 0 or -ENOMEM. */
int assembly_ask(struct assembly *assembly, const struct history_step *step,
                 struct weak_pointer *who, assembly_done then, void *owner);

/* For about twice a second: lets the last one go if no request came for it meanwhile. */
void assembly_tick(struct assembly *assembly);

void assembly_free(struct assembly *assembly);

#endif
