/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "engine/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* Milliseconds: pauses between attempts, and the time that one may take. */
#define PAUSE_LEAST 100
#define PAUSE_MOST 5000
#define ATTEMPT 2000

/* A command that waits for its answer. */
struct asked {
    struct list link;
    uint64_t until;
    link_answer answer;
    void *arg;
};

static void on_timer(uv_timer_t *timer);

static struct asked *first_asked(const struct link *link)
{
    return list_empty(&link->asked) ? NULL : list_entry(link->asked.next, struct asked, link);
}

/* Answers the first command. */
static void answer_first(struct link *link, struct resp *reply)
{
    struct asked *asked = first_asked(link);
    list_remove(&asked->link);
    asked->answer(asked->arg, reply);
    free(asked);
}

/* Sets the timer to the deadline of the first answer. */
static void arm(struct link *link)
{
    const struct asked *asked = first_asked(link);
    if (link->state != LINK_GREETING && link->state != LINK_READY)
        return;
    if (asked == NULL) {
        uv_timer_stop(&link->timer);
        return;
    }
    uint64_t now = uv_now(link->setup.loop);
    uv_timer_start(&link->timer, on_timer, asked->until > now ? asked->until - now : 0, 0);
}

/* ---- the end of a connection ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;
    link->events->closed(link->owner);
}

/* Everything of the connection is gone: the next attempt, or the end. */
static void after_connection(struct link *link)
{
    if (link->stream_open || link->connecting)
        return;
    while (!list_empty(&link->asked))
        answer_first(link, NULL);
    resp_next(&link->parser);
    link->state = LINK_WAITING;
    if (link->closing) {
        uv_close((uv_handle_t *)&link->timer, on_timer_closed);
        return;
    }
    uint64_t pause = PAUSE_LEAST << (link->attempts < 6 ? link->attempts : 6);
    pause = pause > PAUSE_MOST ? PAUSE_MOST : pause;
    /* Nodes that lost the engine at one moment do not all come back at another one. */
    uv_timer_start(&link->timer, on_timer, pause - pause / 4 * (uv_hrtime() % 100) / 100, 0);
    link->attempts++;
}

static void on_stream_closed(void *owner)
{
    struct link *link = owner;
    link->stream_open = false;
    after_connection(link);
}

/* It may be the engine's own words, which go to the log and into JSON. */
static void keep_reason(struct link *link, const char *why)
{
    snprintf(link->trouble, sizeof(link->trouble), "%s", why);
    for (char *c = link->trouble; *c != '\0'; c++)
        *c = *c < ' ' || *c > '~' ? '?' : *c;
}

void link_fail(struct link *link, const char *why)
{
    if (link->state == LINK_WAITING || link->state == LINK_ENDING)
        return;
    bool was_ready = link->state == LINK_READY;
    /* A connection that fails as soon as it is there is not made again at once. */
    if (was_ready && uv_now(link->setup.loop) - link->ready_at > PAUSE_MOST)
        link->attempts = 0;
    keep_reason(link, why);
    link->state = LINK_ENDING;
    uv_timer_stop(&link->timer);
    connect_cancel(&link->connect);
    stream_close(&link->stream);
    if (was_ready)
        link->events->lost(link->owner);
}

static void fail_error(struct link *link, int error)
{
    char why[64];
    link_fail(link, error_text(error, why, sizeof(why)));
}

/* ---- answers ---- */

static bool is_message(const struct link *link, const struct resp *reply)
{
    return link->events->message != NULL && reply->kind == RESP_ARRAY && reply->count == 3 &&
           reply->items[0].kind == RESP_STRING_VALUE && reply->items[1].kind == RESP_STRING_VALUE &&
           reply->items[2].kind == RESP_STRING_VALUE &&
           strcmp(reply->items[0].data, "message") == 0;
}

static void take_reply(struct link *link)
{
    struct resp *reply = &link->parser.root;
    if (is_message(link, reply))
        link->events->message(link->owner, &reply->items[1], &reply->items[2]);
    else if (list_empty(&link->asked))
        link_fail(link, "an answer to no question");
    else
        answer_first(link, reply);
    resp_next(&link->parser);
}

static void on_data(void *owner, uint8_t *data, size_t size)
{
    struct link *link = owner;
    int result = 0;
    link->received += size;
    while (size > 0 && result >= 0 && link->state != LINK_ENDING) {
        size_t taken = 0;
        result = resp_feed(&link->parser, data, size, &taken);
        if (result > 0)
            take_reply(link);
        data += taken;
        size -= taken;
    }
    if (result < 0)
        link_fail(link, result == -EPROTO ? "it does not speak the Redis protocol"
                                          : "an answer is too large");
    else
        arm(link);
}

static void on_input(void *owner, uint8_t **buffer, size_t *size)
{
    struct link *link = owner;
    *buffer = resp_room(&link->parser, size);
}

static void on_end(void *owner, int error)
{
    struct link *link = owner;
    const char *why = link->stream.tls == NULL ? "" : tls_error_text(link->stream.tls);
    if (why[0] != '\0')
        link_fail(link, why);
    else
        fail_error(link, error == 0 ? -ECONNRESET : error);
}

static void on_drained(void *owner)
{
}

static const struct stream_events stream_events = { .input = on_input,
                                                    .data = on_data,
                                                    .end = on_end,
                                                    .drained = on_drained,
                                                    .closed = on_stream_closed };

/* ---- questions ---- */

/* Writes the command as an array of strings. */
static int write_command(struct link *link, const struct link_word *words, size_t count)
{
    struct text out = { 0 };
    text_format(&out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        text_format(&out, "$%zu\r\n", words[i].size);
        text_add_bytes(&out, words[i].data, words[i].size);
        text_add(&out, "\r\n");
    }
    int error = text_error(&out);
    if (error == 0)
        error = stream_write(&link->stream, out.data, out.size, NULL, 0, 0);
    link->sent += error == 0 ? out.size : 0;
    text_free(&out);
    return error;
}

int link_send(struct link *link, const struct link_word *words, size_t count, uint64_t wait,
              link_answer answer, void *arg)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    if (asked == NULL)
        return -ENOMEM;
    int error = write_command(link, words, count);
    if (error < 0) {
        free(asked);
        return error;
    }
    asked->until = uv_now(link->setup.loop) + wait;
    asked->answer = answer;
    asked->arg = arg;
    list_append(&link->asked, &asked->link);
    if (first_asked(link) == asked)
        arm(link);
    return 0;
}

int link_ask(struct link *link, const struct link_word *words, size_t count, uint64_t wait,
             link_answer answer, void *arg)
{
    return link_is_ready(link) ? link_send(link, words, count, wait, answer, arg) : -EPIPE;
}

size_t link_words(const char *const *texts, struct link_word words[LINK_WORDS])
{
    size_t count = 0;
    for (; texts[count] != NULL && count < LINK_WORDS; count++)
        words[count] = (struct link_word){ texts[count], strlen(texts[count]) };
    return count;
}

int link_ask_text(struct link *link, const char *const *texts, link_answer answer, void *arg)
{
    struct link_word words[LINK_WORDS];
    size_t count = link_words(texts, words);
    return link_ask(link, words, count, LINK_SMALL, answer, arg);
}

/* ---- the beginning of a connection ---- */

static void on_connected(void *owner, int error)
{
    struct link *link = owner;
    link->connecting = false;
    if (link->state != LINK_CONNECTING) {
        after_connection(link);
        return;
    }
    if (error == 0)
        error = stream_read_start(&link->stream);
    link->state = LINK_GREETING;
    if (error == 0 && link->setup.tls != NULL)
        error = stream_start_tls(&link->stream, link->setup.tls, NULL, 0);
    if (error == 0)
        error = link_greet(link);
    if (error < 0)
        fail_error(link, error);
}

static void attempt(struct link *link)
{
    if (link->events->attempt != NULL)
        link->events->attempt(link->owner);
    int error = link->setup.engine->port == 0 ? -EDESTADDRREQ : 0;
    if (error == 0)
        error =
            stream_open(&link->stream, link->setup.loop, link->setup.budget, &stream_events, link);
    if (error < 0) {
        after_connection(link);
        return;
    }
    link->stream_open = true;
    link->state = LINK_CONNECTING;
    error = connect_start(&link->connect, &link->stream, link->setup.engine->host,
                          link->setup.engine->port, link->attempts, on_connected, link);
    link->connecting = error == 0;
    if (error < 0)
        fail_error(link, error);
    else
        uv_timer_start(&link->timer, on_timer, ATTEMPT, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct link *link = timer->data;
    if (link->state == LINK_WAITING)
        attempt(link);
    else
        link_fail(link, "it does not answer");
}

void link_start(struct link *link, const struct link_setup *setup, const struct link_events *events,
                void *owner)
{
    *link = (struct link){ .setup = *setup, .events = events, .owner = owner };
    list_init(&link->asked);
    uv_timer_init(setup->loop, &link->timer);
    link->timer.data = link;
    uv_timer_start(&link->timer, on_timer, 0, 0);
}

void link_move(struct link *link, const char *why)
{
    link->attempts = 0;
    if (link->state == LINK_WAITING && !link->closing)
        uv_timer_start(&link->timer, on_timer, 0, 0);
    else
        link_fail(link, why);
}

void link_close(struct link *link)
{
    if (link->closing)
        return;
    link->closing = true;
    if (link->state == LINK_WAITING)
        after_connection(link);
    else
        link_fail(link, "the server ends");
}
