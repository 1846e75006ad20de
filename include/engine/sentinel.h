/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_ENGINE_SENTINEL_H
#define CADCAST_ENGINE_SENTINEL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/link.h"

/*
 * Which of several engines is the master, as Redis Sentinels say: one of them is asked now and
 * then. If it cannot be reached or does not know, the next one is. What it says may be out of date:
 * a connection to a replica is given up (engine/link.h), and another Sentinel is asked.
 */
struct sentinel {
    struct link link;
    const struct engine *engine; /* has their addresses and the master's name; borrowed */
    struct engine at;            /* the Sentinel that is asked */
    unsigned turn;               /* the one that is next */
    bool asking;
    char trouble[200]; /* why the master is not known; "": it is */
    /* The master is there; called for each answer. */
    void (*found)(void *owner, const char *host, uint16_t port);
    void (*closed)(void *owner);
    void *owner;
};

/* Begins to connect. The callbacks are set before; `setup` is as for the other links. */
void sentinel_start(struct sentinel *sentinel, const struct link_setup *setup,
                    const struct engine *engine);

/* Asks, if a Sentinel can be asked. */
void sentinel_ask(struct sentinel *sentinel);

/* What it said was of no use: the next one is asked. */
void sentinel_next(struct sentinel *sentinel);

/* `closed` is called once it is over. */
void sentinel_close(struct sentinel *sentinel);

#endif
