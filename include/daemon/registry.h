/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_REGISTRY_H
#define CADCAST_DAEMON_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

/*
 * `~/.ocpvscode`, where clients look for viewers: {"version":2,"services":{"3939":""}}. Other
 * programs write it too, all under the lock that the folder `~/.ocpvscode.lock` is. A registry that
 * cannot be read or written costs a log line and nothing else: clients then try the default port.
 */
struct registry {
    const char *home;      /* NULL: there is none, and nothing is done */
    const struct log *log; /* may be NULL */
    unsigned patience;     /* longest waiting for the lock in milliseconds; 0: 10,000 */
};

/* Adds the port with an empty value, or takes it out. Everything else in the file stays as it is;
 * a file that is no registry is copied to `.ocpvscode.bak`, unless there is one, and begun anew.
 * Blocks on disk and lock: at start, at the end, or on the worker pool. Returns 0 or a negative
 * errno value that was logged and needs no more than passing over. */
int registry_add(const struct registry *registry, uint16_t port);
int registry_remove(const struct registry *registry, uint16_t port);

#endif
