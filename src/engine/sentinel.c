/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "engine/sentinel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_host(const struct resp *text)
{
    return text->kind == RESP_STRING_VALUE && text->size > 0 &&
           text->size < sizeof(((struct engine_address *)0)->host) &&
           strspn(text->data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:"
                              "%") == text->size;
}

/* 0: it is none. */
static uint16_t read_port(const struct resp *text)
{
    char *end;
    if (text->kind != RESP_STRING_VALUE)
        return 0;
    unsigned long port = strtoul(text->data, &end, 10);
    return *end == '\0' && port <= 65535 ? (uint16_t)port : 0;
}

static void refuse(struct sentinel *sentinel, const char *why)
{
    snprintf(sentinel->trouble, sizeof(sentinel->trouble), "the Sentinel at %.60s: %.100s",
             sentinel->at.place, why);
    link_fail(&sentinel->link, why);
}

static void on_master(void *arg, struct resp *reply)
{
    struct sentinel *sentinel = arg;
    sentinel->asking = false;
    if (reply == NULL || sentinel->link.closing)
        return;
    if (reply->kind == RESP_NULL) {
        refuse(sentinel, "it does not know the master");
        return;
    }
    uint16_t port =
        reply->kind == RESP_ARRAY && reply->count == 2 ? read_port(&reply->items[1]) : 0;
    if (port == 0 || !is_host(&reply->items[0])) {
        refuse(sentinel, "its answer names no master");
        return;
    }
    sentinel->trouble[0] = '\0';
    sentinel->found(sentinel->owner, reply->items[0].data, port);
}

void sentinel_ask(struct sentinel *sentinel)
{
    const char *const words[] = { "SENTINEL", "GET-MASTER-ADDR-BY-NAME", sentinel->engine->master,
                                  NULL };
    if (!sentinel->asking)
        sentinel->asking = link_ask_text(&sentinel->link, words, on_master, sentinel) == 0;
}

void sentinel_next(struct sentinel *sentinel)
{
    link_move(&sentinel->link, "another one is asked");
}

static void on_attempt(void *owner)
{
    struct sentinel *sentinel = owner;
    const struct engine *engine = sentinel->engine;
    const struct engine_address *next = &engine->sentinels[sentinel->turn % engine->sentinel_count];
    if (sentinel->link.trouble[0] != '\0' && sentinel->trouble[0] == '\0' && engine->port == 0)
        snprintf(sentinel->trouble, sizeof(sentinel->trouble), "the Sentinel at %.60s: %.100s",
                 sentinel->at.place, sentinel->link.trouble);
    sentinel->turn++;
    engine_move(&sentinel->at, next->host, next->port);
}

static void on_ready(void *owner)
{
    sentinel_ask(owner);
}

static void on_lost(void *owner)
{
}

static void on_closed(void *owner)
{
    struct sentinel *sentinel = owner;
    sentinel->closed(sentinel->owner);
}

void sentinel_start(struct sentinel *sentinel, const struct link_setup *setup,
                    const struct engine *engine)
{
    static const struct link_events events = {
        .ready = on_ready, .lost = on_lost, .closed = on_closed, .attempt = on_attempt
    };
    struct link_setup own = *setup;
    sentinel->engine = engine;
    snprintf(sentinel->at.user, sizeof(sentinel->at.user), "%s", engine->sentinel_user);
    snprintf(sentinel->at.password, sizeof(sentinel->at.password), "%s", engine->sentinel_password);
    own.engine = &sentinel->at;
    link_start(&sentinel->link, &own, &events, sentinel);
}

void sentinel_close(struct sentinel *sentinel)
{
    link_close(&sentinel->link);
}
