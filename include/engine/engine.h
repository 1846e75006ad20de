/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_ENGINE_ENGINE_H
#define CADCAST_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENGINE_SENTINELS = 8, ENGINE_USER = 128, ENGINE_PASSWORD = 512 };

struct engine_address {
    char host[256];
    uint16_t port;
};

/*
 * Where the engine is: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// with TLS; or
 * sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]]/MASTER[/DATABASE][?sentinel=USER:PASSWORD]:
 * the engine is the one that Redis Sentinels, which are at these places, call the master of that
 * name. The first user is the engine's, the one behind the question mark that of the Sentinels.
 */
struct engine {
    char host[256];
    char user[ENGINE_USER];         /* "": none */
    char password[ENGINE_PASSWORD]; /* "": none */
    char place[400];                /* host and port, for people: without the password */
    uint16_t port;                  /* 0: the Sentinels have not told it yet */
    unsigned database;
    bool tls;
    char master[128]; /* "": host and port are those of the URL */
    struct engine_address sentinels[ENGINE_SENTINELS];
    unsigned sentinel_count;
    char sentinel_user[ENGINE_USER]; /* as above */
    char sentinel_password[ENGINE_PASSWORD];
};

/* NULL; or what is wrong with it, which does not repeat the password. */
const char *engine_parse(struct engine *engine, const char *url);

/* Puts it at that place. */
void engine_move(struct engine *engine, const char *host, uint16_t port);

#endif
