/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_TESTS_FAKE_ENGINE_H
#define CADCAST_TESTS_FAKE_ENGINE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/list.h"
#include "base/text.h"
#include "engine/link.h"
#include "engine/resp.h"

/*
 * What a Redis server with the script does for one session, without a connection: a question is
 * dealt with when it is asked, and answered when the test likes. The test wraps link_ask,
 * link_ask_text and link_fail, and gives them these.
 */
struct fake_engine {
    json_t *show;    /* the hash of the session: its fields */
    json_t *changes; /* the hash of what changed it */
    json_t *pieces;  /* by key */
    bool full;       /* refuses pieces */
    bool deaf;       /* what is asked never arrives */
    unsigned shows;  /* calls that were taken */
    int ahead;       /* seconds that its clock is ahead of ours */
    struct list listeners;
};

/* An answer that was not given yet, or a notice (answer NULL). */
struct fake_question {
    struct list link;
    struct link *asked;
    link_answer answer;
    void *arg;
    struct text reply; /* RESP; empty: none will come */
};

/* The connections of a node. */
struct fake_listener {
    struct list link;
    struct fake_engine *engine;
    struct list questions; /* the oldest first */
    bool subscribed;
    void (*hear)(struct fake_listener *listener, const char *text);
};

static inline void fake_engine_init(struct fake_engine *engine)
{
    memset(engine, 0, sizeof(*engine));
    engine->show = json_object();
    engine->changes = json_object();
    engine->pieces = json_object();
    list_init(&engine->listeners);
}

static inline void fake_engine_flush(struct fake_engine *engine)
{
    json_object_clear(engine->show);
    json_object_clear(engine->changes);
    json_object_clear(engine->pieces);
}

static inline void fake_engine_free(struct fake_engine *engine)
{
    json_decref(engine->show);
    json_decref(engine->changes);
    json_decref(engine->pieces);
}

static inline void fake_listener_init(struct fake_listener *listener, struct fake_engine *engine)
{
    listener->engine = engine;
    list_init(&listener->questions);
    list_append(&engine->listeners, &listener->link);
}

static inline struct fake_question *fake_question(struct fake_listener *listener)
{
    struct fake_question *question = calloc(1, sizeof(*question));
    if (question == NULL)
        abort();
    list_append(&listener->questions, &question->link);
    return question;
}

static inline const char *fake_get(const json_t *hash, const char *name)
{
    const char *text = json_string_value(json_object_get(hash, name));
    return text == NULL ? "" : text;
}

static inline void fake_set(json_t *hash, const char *name, const struct link_word *word)
{
    json_object_set_new(hash, name, json_stringn_nocheck(word->data, word->size));
}

static inline void fake_bulk(struct text *out, const char *data, size_t size)
{
    text_format(out, "$%zu\r\n", size);
    text_add_bytes(out, data, size);
    text_add(out, "\r\n");
}

static inline void fake_hash(struct text *out, json_t *hash)
{
    const char *name;
    json_t *value;
    text_format(out, "*%zu\r\n", 2 * json_object_size(hash));
    json_object_foreach(hash, name, value) {
        fake_bulk(out, name, strlen(name));
        fake_bulk(out, json_string_value(value), json_string_length(value));
    }
}

static inline void fake_head(const struct fake_engine *engine, struct text *out, const char *word,
                             bool all)
{
    const char *epoch = fake_get(engine->show, "epoch");
    text_format(out, "*%d\r\n", all ? 5 : 3);
    fake_bulk(out, word, strlen(word));
    fake_bulk(out, epoch, strlen(epoch));
    text_format(out, ":%llu\r\n", strtoull(fake_get(engine->show, "seq"), NULL, 10));
    if (all) {
        fake_hash(out, engine->show);
        fake_hash(out, engine->changes);
    }
}

/* Tells those that are subscribed to the session, or `everybody`. */
static inline void fake_publish(struct fake_engine *engine, const char *text, bool everybody)
{
    list_each(pos, next, &engine->listeners) {
        struct fake_listener *listener = list_entry(pos, struct fake_listener, link);
        if (listener->subscribed || everybody)
            text_add(&fake_question(listener)->reply, text);
    }
}

/* The end of a change and of a show, from argument `first` on. */
static inline void fake_tell(struct fake_engine *engine, struct text *out, const char *kind,
                             const char *node, const struct link_word *words, size_t count)
{
    char text[200];
    struct link_word seq = { text, 0 };
    for (size_t i = 0; i + 1 < count; i += 2) {
        fake_set(engine->changes, words[i].data, &words[i + 1]);
        if (strcmp(words[i].data, "animation") == 0)
            json_object_del(engine->changes, "time");
    }
    seq.size = (size_t)snprintf(text, sizeof(text), "%llu",
                                strtoull(fake_get(engine->show, "seq"), NULL, 10) + 1);
    fake_set(engine->show, "seq", &seq);
    snprintf(text, sizeof(text), "%s %s %s", fake_get(engine->show, "seq"), kind, node);
    fake_publish(engine, text, false);
    fake_head(engine, out, "ok", false);
}

/* cluster/script.c in C; `argv` begins with the operation. */
static inline void fake_script(struct fake_engine *engine, struct text *out,
                               const struct link_word *argv, size_t count)
{
    const char *op = argv[0].data;
    unsigned long long there = strtoull(fake_get(engine->show, "stamp"), NULL, 10);
    if (strcmp(op, "lost") == 0 && there == strtoull(argv[3].data, NULL, 10)) {
        json_object_clear(engine->show);
        json_object_clear(engine->changes);
    }
    if (strcmp(op, "look") == 0 || strcmp(op, "lost") == 0) {
        bool same =
            strcmp(fake_get(engine->show, "epoch"), argv[1].data) == 0 &&
            strtoull(fake_get(engine->show, "seq"), NULL, 10) == strtoull(argv[2].data, NULL, 10);
        fake_head(engine, out, same ? "same" : "ok", !same);
    } else if (strcmp(op, "change") == 0) {
        if (there != strtoull(argv[3].data, NULL, 10))
            fake_head(engine, out, "other", true);
        else
            fake_tell(engine, out, "change", argv[2].data, argv + 4, count - 4);
    } else {
        unsigned long long stamp = strtoull(argv[4].data, NULL, 10);
        if (stamp < there || (stamp == there && strcmp(argv[5].data, "0") == 0)) {
            fake_head(engine, out, "old", true);
            return;
        }
        if (fake_get(engine->show, "epoch")[0] == '\0')
            fake_set(engine->show, "epoch", &argv[2]);
        fake_set(engine->show, "node", &argv[3]);
        fake_set(engine->show, "stamp", &argv[4]);
        fake_set(engine->show, "model", &argv[6]);
        fake_set(engine->show, "size", &argv[7]);
        if (stamp != there)
            json_object_clear(engine->changes);
        engine->shows++;
        fake_tell(engine, out, "show", argv[3].data, argv + 8, count - 8);
    }
}

static inline void fake_piece(struct fake_engine *engine, struct text *out, const char *key)
{
    const json_t *value = json_object_get(engine->pieces, key);
    if (value == NULL)
        text_add(out, "$-1\r\n");
    else
        fake_bulk(out, json_string_value(value), json_string_length(value));
}

/* Deals with a question of a node. */
static inline void fake_engine_ask(struct fake_listener *listener, struct link *link,
                                   const struct link_word *words, size_t count, link_answer answer,
                                   void *arg)
{
    struct fake_engine *engine = listener->engine;
    struct fake_question *question = fake_question(listener);
    const char *word = words[0].data;
    struct text *out = &question->reply;
    question->asked = link;
    question->answer = answer;
    question->arg = arg;
    if (engine->deaf)
        return;
    if (strcmp(word, "EVALSHA") == 0) {
        fake_script(engine, out, words + 5, count - 5);
    } else if (strcmp(word, "SETEX") == 0 && engine->full) {
        text_add(out, "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    } else if (strcmp(word, "SETEX") == 0) {
        fake_set(engine->pieces, words[1].data, &words[3]);
        text_add(out, "+OK\r\n");
    } else if (strcmp(word, "GETEX") == 0) {
        fake_piece(engine, out, words[1].data);
    } else if (strcmp(word, "TIME") == 0) {
        char seconds[24];
        snprintf(seconds, sizeof(seconds), "%lld", (long long)time(NULL) + engine->ahead);
        text_add(out, "*2\r\n");
        fake_bulk(out, seconds, strlen(seconds));
        fake_bulk(out, "0", 1);
    } else if (strcmp(word, "PUBLISH") == 0) {
        fake_publish(engine, words[2].data, strstr(words[1].data, "want") != NULL);
        text_add(out, ":1\r\n");
    } else {
        if (strcmp(word, "SUBSCRIBE") == 0 || strcmp(word, "UNSUBSCRIBE") == 0)
            listener->subscribed = word[0] == 'S';
        text_add(out, "+OK\r\n");
    }
}

/* Gives the oldest answer, or the loss of it. False: there is none. */
static inline bool fake_answer_next(struct fake_listener *listener, bool lost)
{
    struct resp_parser parser = { 0 };
    size_t taken = 0;
    if (list_empty(&listener->questions))
        return false;
    struct fake_question *question =
        list_entry(listener->questions.next, struct fake_question, link);
    list_remove(&question->link);
    if (question->answer == NULL) {
        if (!lost)
            listener->hear(listener, text_string(&question->reply));
    } else if (lost || question->reply.size == 0) {
        question->answer(question->arg, NULL);
    } else {
        resp_feed(&parser, (const uint8_t *)question->reply.data, question->reply.size, &taken);
        question->answer(question->arg, &parser.root);
        resp_next(&parser);
    }
    text_free(&question->reply);
    free(question);
    return true;
}

#endif
