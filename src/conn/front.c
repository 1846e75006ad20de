/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "conn/front.h"

#include <errno.h>
#include <string.h>

#include "base/block_cache.h"
#include "net/tls.h"

void front_init(struct front *front, uv_loop_t *loop, struct log *log, struct options *options,
                struct hub *hub, const struct front_events *events, void *owner)
{
    memset(front, 0, sizeof(*front));
    front->loop = loop;
    front->log = log;
    front->options = options;
    front->hub = hub;
    front->events = events;
    front->owner = owner;
    front->jobs = (struct work_jobs){ .loop = loop, .watch = &front->watch };
    list_init(&front->conns);
    /* -1, not 0: if start-up fails before owner_open, owner_close must not close descriptor 0. */
    front->peer_owners.fd = -1;
}

int front_open(struct front *front)
{
    front->blocks = block_cache_new((size_t)front->options->max_memory / 4);
    if (front->blocks == NULL)
        return -ENOMEM;
    int error = io_budget_open(&front->budget, front->loop);
    return error == 0 ? watch_open(&front->watch, front->loop, front->log) : error;
}

void front_close(struct front *front)
{
    io_budget_close(&front->budget);
    watch_close(&front->watch);
}

bool front_is_open(const struct front *front)
{
    return front->budget.open > 0 || front->watch.open > 0;
}

void front_free(struct front *front)
{
    tls_context_unref(front->tls);
    front->tls = NULL;
    block_cache_unref(front->blocks);
    front->blocks = NULL;
    io_budget_free(&front->budget);
}
