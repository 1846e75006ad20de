/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_STEPS_SHARING_H
#define CADCAST_STEPS_SHARING_H

#include <stdint.h>

#include "loop/work.h"
#include "view/hub.h"

/*
 * Finds, on the pool, what the steps of histories have in common with those after them, so that it
 * is held once. One step at a time: in a stream of shows most go before their turn comes.
 */
struct sharing {
    struct hub *hub;
    struct work_jobs *jobs;
    bool busy;
    uint64_t spent; /* nanoseconds of the pool since the last tick */
};

void sharing_init(struct sharing *sharing, struct hub *hub, struct work_jobs *jobs);

/* Begins with the next step, if none is at work; for about twice a second. */
void sharing_tick(struct sharing *sharing);

#endif
