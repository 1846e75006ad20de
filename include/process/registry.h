/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_REGISTRY_H
#define CADCAST_PROCESS_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

/*
 * `~/.ocpvscode`, in which clients look for viewers: {"version":2,"services":{"3939":""}}. Other
 * programs write it too, all under a lock, the folder `~/.ocpvscode.lock`. A registry that cannot
 * be read or written costs a log line and nothing else: clients then try the default port.
 */
struct registry {
    const char *home;      /* NULL: there is none, and nothing is done */
    const struct log *log; /* may be NULL */
    unsigned patience;     /* longest wait for the lock, in milliseconds; 0: 10,000 */
};

/* Adds the port with an empty value, or removes it. The rest of the file is kept; a file that is
 * not a registry is copied to `.ocpvscode.bak`, unless that exists, and replaced. Blocks on disk
 * and lock: at start, at the end, or on the worker pool. Returns 0 or a negative errno value, which
 * is logged; the caller may ignore it. */
int registry_add(const struct registry *registry, uint16_t port);
int registry_remove(const struct registry *registry, uint16_t port);

#endif
