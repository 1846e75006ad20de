/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Measuring for other nodes. */
#include "cluster/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/session.h"

#define LOAD_LIFE 300000 /* milliseconds without a question after which a geometry is dropped */
#define LOAD_NUMBER (1U << 31) /* and more: numbers for the pool that no session here has */

/* The exact geometry of another node's session. */
struct load {
    struct list link;
    struct measure *measure;
    uint32_t number;
    char session[SESSION_NAME_MAX + 1];
    char hash[PIECES_HASH];
    uint64_t used; /* milliseconds */
    bool fetching;
    bool there; /* the pool has it */
    struct node_want want;
    struct pieces pieces;
    uint64_t size;
};

/* A question of another node. */
struct answer {
    struct measure *measure;
    struct rpc_question question;
};

static void on_measured(void *arg, int status, const char *json, size_t size)
{
    struct answer *answer = arg;
    struct node *node = answer->measure->node;
    json_t *parsed = json_loadb(json, size, 0, NULL);
    if (!node->closing && parsed != NULL) {
        answer->measure->answered++;
        rpc_answer(answer->measure->rpc, &answer->question,
                   json_pack("{s:i, s:O}", "status", status, "json", parsed));
    }
    json_decref(parsed);
    free(answer);
    node->open--;
    node_settle(node);
}

static void load_free(struct load *load)
{
    struct measure *measure = load->measure;
    list_remove(&load->link);
    measure->load_count--;
    if (!measure->node->closing)
        pool_drop(measure->pool, load->number);
    free(load);
}

static void on_fetched(void *arg, int status, const char *hash, struct blob *content)
{
    struct load *load = arg;
    struct node *node = load->measure->node;
    load->fetching = false;
    if (!node->closing && status == 0)
        status = pool_model(load->measure->pool, load->number, content);
    blob_unref(content);
    load->there = status == 0;
    /* Fetched again at the next ticks. */
    bool again = !node->closing && status == PIECES_MISSING &&
                 node_want(node, &load->want, load->session, load->hash);
    /* Questions end with -ENODATA, and the node that asked tries the next one. */
    if (status != 0 && !again)
        load_free(load);
    node->open--;
    node_settle(node);
}

static void fetch(struct load *load)
{
    struct node *node = load->measure->node;
    load->fetching =
        pieces_get(&load->pieces, load->hash, load->size, room_parts_right, on_fetched, load) == 0;
    node->open += load->fetching;
}

/* Room for one more: the one unused for longest goes. */
static void make_place(struct measure *measure)
{
    struct load *oldest = NULL;
    list_each(pos, next, &measure->loads) {
        struct load *load = list_entry(pos, struct load, link);
        if (!load->fetching && (oldest == NULL || load->used < oldest->used))
            oldest = load;
    }
    if (oldest != NULL && measure->load_count >= 2 * measure->node->options.places)
        load_free(oldest);
}

static struct load *load_new(struct measure *measure, const char *session, const char *hash,
                             uint64_t size)
{
    struct node *node = measure->node;
    if (!session_name_ok(session) || strlen(hash) != PIECES_HASH - 1 || size == 0 ||
        size > node->options.max_content || !link_is_ready(&node->bulk) ||
        !hub_make_room(node->hub, size, NULL))
        return NULL;
    make_place(measure);
    struct load *load = calloc(1, sizeof(*load));
    if (load == NULL)
        return NULL;
    load->measure = measure;
    load->number = LOAD_NUMBER | ++measure->last;
    load->size = size;
    snprintf(load->session, sizeof(load->session), "%s", session);
    snprintf(load->hash, sizeof(load->hash), "%s", hash);
    load->pieces = (struct pieces){ .link = &node->bulk, .jobs = &node->jobs };
    snprintf(load->pieces.base, sizeof(load->pieces.base), "%s{%s}:b:", node->options.prefix,
             session);
    list_append(&measure->loads, &load->link);
    measure->load_count++;
    fetch(load);
    if (load->fetching && pool_expect(measure->pool, load->number) == 0)
        return load;
    if (!load->fetching)
        load_free(load);
    return NULL;
}

/* The number under which the pool has that geometry, or will have it; 0: it will not. */
static uint32_t number_of(struct measure *measure, const json_t *what)
{
    const char *session = json_string_value(json_object_get(what, "session"));
    const char *hash = json_string_value(json_object_get(what, "hash"));
    json_int_t size = json_integer_value(json_object_get(what, "size"));
    if (session == NULL || hash == NULL || size < 0)
        return 0;
    list_each(room_pos, room_next, &measure->node->rooms) {
        const struct room *room = list_entry(room_pos, struct room, link);
        if (strcmp(room->parts.hash, hash) == 0 && room_is_here(room) && room->parts.blob != NULL &&
            room->session->picture.parts == room->parts.blob)
            return room->session->id;
    }
    list_each(pos, next, &measure->loads) {
        struct load *load = list_entry(pos, struct load, link);
        if (strcmp(load->hash, hash) == 0) {
            load->used = uv_now(measure->node->loop);
            return load->number;
        }
    }
    struct load *load = load_new(measure, session, hash, (uint64_t)size);
    if (load == NULL)
        return 0;
    load->used = uv_now(measure->node->loop);
    return load->number;
}

void measure_hear(struct measure *measure, const struct rpc_question *question, json_t *what)
{
    struct answer *answer = calloc(1, sizeof(*answer));
    const char *tool = json_string_value(json_object_get(what, "tool"));
    uint32_t number = measure->pool == NULL || tool == NULL ? 0 : number_of(measure, what);
    int error = answer == NULL || number == 0 ? -ENODATA : 0;
    if (error == 0) {
        *answer = (struct answer){ measure, *question };
        error = pool_ask(measure->pool, number, tool, json_object_get(what, "ids"), on_measured,
                         answer);
    }
    if (error == 0) {
        measure->node->open++;
        return;
    }
    free(answer);
    rpc_answer(measure->rpc, question, json_pack("{s:i}", "status", error));
}

void measure_answer_tick(struct measure *measure)
{
    uint64_t now = uv_now(measure->node->loop);
    list_each(pos, next, &measure->loads) {
        struct load *load = list_entry(pos, struct load, link);
        if (load->fetching)
            continue;
        if (!load->there)
            fetch(load);
        if (!load->fetching && (!load->there || now - load->used > LOAD_LIFE))
            load_free(load);
    }
}

void measure_answer_end(struct measure *measure)
{
    list_each(pos, next, &measure->loads) {
        struct load *load = list_entry(pos, struct load, link);
        if (!load->fetching)
            load_free(load);
    }
}
