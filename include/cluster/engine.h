/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_ENGINE_H
#define CADCAST_CLUSTER_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the engine is, from redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// with TLS.
 */
struct engine {
    char host[256];
    char user[128];     /* "": none */
    char password[512]; /* "": none */
    char place[280];    /* host and port, for people: without the password */
    uint16_t port;
    unsigned database;
    bool tls;
};

/* NULL; or what is wrong with it, which does not repeat the password. */
const char *engine_parse(struct engine *engine, const char *url);

#endif
