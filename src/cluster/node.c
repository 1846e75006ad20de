/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* Milliseconds between this machine's clock and the engine's: a line in the log. */
#define CLOCK_APART 60000

/* Pieces that the engine has lost: milliseconds between two times that other nodes are asked for
 * them, and how often they are. */
#define WANT_PAUSE 400
#define WANTED_MOST 10

/* The low bits of a stamp tell nodes apart that show within one millisecond. */
#define STAMP_NODE 10

/* The greatest number that the script's arithmetic tells from the next. */
#define STAMP_MOST (UINT64_C(1) << 53)

bool node_is_ready(const struct node *node)
{
    return link_is_ready(&node->commands) && node->script[0] != '\0';
}

static uint64_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t node_bits(const struct node *node)
{
    uint64_t bits = 0;
    for (const char *c = node->options.name; *c != '\0'; c++)
        bits = bits * 31 + (unsigned char)*c;
    return bits & ((1U << STAMP_NODE) - 1);
}

/* Between the question and the answer, so within half of the time that this took. */
static void on_clock(void *arg, struct resp *reply)
{
    struct node *node = arg;
    struct node_clock *clock = &node->clock;
    double took = (double)(uv_hrtime() - clock->sent) / 1e6;
    clock->sent = 0;
    if (reply == NULL || reply->kind != RESP_ARRAY || reply->count != 2 ||
        reply->items[0].kind != RESP_STRING_VALUE || reply->items[1].kind != RESP_STRING_VALUE)
        return;
    /* Clocks drift by less than a millisecond a second. */
    uint64_t now = uv_now(node->loop);
    double error = clock->error + (double)(now - clock->read) / 1000;
    int64_t engine = strtoll(reply->items[0].data, NULL, 10) * 1000 +
                     strtoll(reply->items[1].data, NULL, 10) / 1000;
    int64_t ahead = engine - (int64_t)(wall_clock() - (uint64_t)(took / 2));
    /* What a late line tells of the same engine is worse than what is known. */
    bool other = clock->again && (double)llabs(ahead - clock->ahead) > took / 2 + error + 1;
    clock->again = false;
    if (clock->known && !other && took / 2 > error)
        return;
    clock->ahead = ahead;
    clock->error = took / 2;
    clock->read = now;
    clock->known = true;
    if (!clock->told && llabs(clock->ahead) > CLOCK_APART) {
        clock->told = true;
        log_warning(node->log, "cluster", "this machine's clock is %lld s %s that of %s",
                    llabs(clock->ahead) / 1000, clock->ahead < 0 ? "ahead of" : "behind",
                    node->options.engine.place);
    }
}

void node_ask_clock(struct node *node, bool again)
{
    node->clock.again |= again;
    if (node->clock.sent == 0 &&
        link_ask_text(&node->commands, (const char *const[]){ "TIME", NULL }, on_clock, node) == 0)
        node->clock.sent = uv_hrtime();
}

uint64_t node_now(const struct node *node)
{
    return wall_clock() + (uint64_t)node->clock.ahead;
}

uint64_t node_stamp(struct node *node, uint64_t milliseconds)
{
    uint64_t after = (node->newest >> STAMP_NODE) + 1;
    uint64_t at = (milliseconds == 0 ? wall_clock() : milliseconds) + (uint64_t)node->clock.ahead;
    if (milliseconds == 0 && at < after)
        at = after;
    uint64_t stamp = (at << STAMP_NODE) | node_bits(node);
    if (stamp > node->newest)
        node->newest = stamp;
    return stamp;
}

uint64_t node_stamp_time(uint64_t stamp)
{
    return stamp >> STAMP_NODE;
}

bool node_stamp_seen(struct node *node, uint64_t stamp)
{
    if (stamp > STAMP_MOST)
        return false;
    if (stamp > node->newest)
        node->newest = stamp;
    return true;
}

void node_full(struct node *node, bool full)
{
    bool was = node->full_since != 0;
    if (full && !was)
        log_warning(node->log, "cluster",
                    "%s has no memory for a picture: other nodes do not see it",
                    node->options.engine.place);
    if (!full && was)
        log_info(node->log, "cluster", "%s has memory again", node->options.engine.place);
    if (full != was)
        node->full_since = full ? uv_now(node->loop) + 1 : 0;
}

void node_want_channel(const struct node *node, char out[PIECES_BASE])
{
    snprintf(out, PIECES_BASE, "%swant", node->options.prefix);
}

bool node_want(struct node *node, struct node_want *want, const char *session, const char *hash)
{
    want->next = uv_now(node->loop) + WANT_PAUSE;
    if (++want->times > WANTED_MOST)
        return false;
    char channel[PIECES_BASE];
    char text[SESSION_NAME_MAX + PIECES_HASH + 2];
    node_want_channel(node, channel);
    snprintf(text, sizeof(text), "%s %s", session, hash);
    node_say(node, &node->commands, (const char *const[]){ "PUBLISH", channel, text, NULL });
    return true;
}

static void on_said(void *arg, struct resp *reply)
{
}

void node_say(struct node *node, struct link *link, const char *const *words)
{
    link_ask_text(link, words, on_said, node);
}

void node_soon(struct node *node)
{
    if (!node->closing && !uv_is_active((uv_handle_t *)&node->timer))
        uv_timer_start(&node->timer, node->work, 0, 0);
}

void node_settle(struct node *node)
{
    if (node->closing && node->open == 0 && node->jobs.count == 0)
        node->settled(node);
}

/* ---- options ---- */

/* The name of this machine, whose other characters are left out, and a port. */
static void usual_name(char name[NODE_NAME], uint16_t port)
{
    char machine[UV_MAXHOSTNAMESIZE] = "";
    size_t size = sizeof(machine);
    size_t n = 0;
    uv_os_gethostname(machine, &size);
    for (const char *c = machine; *c != '\0' && n < 100; c++) {
        if (strchr(NAME_CHARACTERS, *c) != NULL)
            name[n++] = *c;
    }
    snprintf(name + n, NODE_NAME - n, "-%u", port);
}

bool node_name_ok(const char *name)
{
    size_t size = strspn(name, NAME_CHARACTERS);
    return size > 0 && size <= 100 && name[size] == '\0';
}

const char *node_options(struct node_options *options, const char *url, const char *prefix,
                         const char *name, uint16_t port)
{
    const char *fault = engine_parse(&options->engine, url);
    if (fault != NULL)
        return fault;
    if (strlen(prefix) >= NODE_PREFIX || prefix[strspn(prefix, NAME_CHARACTERS ":/")] != '\0')
        return "--cluster-prefix has up to 63 of A-Z a-z 0-9 . _ - : /";
    if (name != NULL && !node_name_ok(name))
        return "--node-name has 1 to 100 of A-Z a-z 0-9 . _ -";
    snprintf(options->prefix, sizeof(options->prefix), "%s", prefix);
    if (name != NULL)
        snprintf(options->name, sizeof(options->name), "%s", name);
    else
        usual_name(options->name, port);
    return NULL;
}
