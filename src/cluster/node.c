/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/node.h"

#include <time.h>

#define CLOCK_AHEAD 60000    /* milliseconds of another node's clock: a line in the log */
#define CLOCK_INTERVAL 60000 /* between two of these lines */

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

uint64_t node_stamp(struct node *node, uint64_t milliseconds)
{
    uint64_t at = milliseconds;
    if (at == 0) {
        uint64_t after = (node->newest >> STAMP_NODE) + 1;
        at = wall_clock();
        at = at > after ? at : after;
    }
    uint64_t stamp = (at << STAMP_NODE) | node_bits(node);
    if (stamp > node->newest)
        node->newest = stamp;
    return stamp;
}

uint64_t node_stamp_time(uint64_t stamp)
{
    return stamp >> STAMP_NODE;
}

bool node_stamp_seen(struct node *node, uint64_t stamp, const char *author)
{
    uint64_t now = uv_now(node->loop);
    if (stamp > STAMP_MOST)
        return false;
    if (stamp > node->newest)
        node->newest = stamp;
    if ((stamp >> STAMP_NODE) > wall_clock() + CLOCK_AHEAD &&
        (node->ahead_told == 0 || now - node->ahead_told > CLOCK_INTERVAL)) {
        node->ahead_told = now;
        log_warning(node->log, "cluster", "the clock of node %s is more than a minute ahead",
                    author);
    }
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
