/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/turn.h"

#include <stdlib.h>

static void on_idle(uv_idle_t *idle)
{
    /* That it is active is what it is there for. */
}

/* Runs behind the events of one turn, so what it hands out is the next one's. */
static void on_check(uv_check_t *check)
{
    struct turn *turn = check->data;
    turn->read_left = TURN_READ;
    turn->write_left = TURN_WRITE;
    /* Those who come back while this runs are served in the next turn. */
    struct list now;
    list_init(&now);
    list_each(pos, next, &turn->later)
    {
        list_remove(pos);
        list_append(&now, pos);
    }
    while (!list_empty(&now) && turn->write_left > 0) {
        struct turn_wait *wait = list_entry(now.next, struct turn_wait, link);
        list_remove(&wait->link);
        wait->run(wait);
    }
    /* Who found nothing left comes before who came back. */
    while (!list_empty(&now)) {
        struct list *last = now.prev;
        list_remove(last);
        list_prepend(&turn->later, last);
    }
    if (list_empty(&turn->later))
        uv_idle_stop(&turn->idle);
    else if (turn->write_left == 0)
        turn->read_left = TURN_READ_BUSY;
}

int turn_open(struct turn *turn, uv_loop_t *loop)
{
    list_init(&turn->later);
    turn->scratch = malloc(TURN_SCRATCH);
    if (turn->scratch == NULL)
        return UV_ENOMEM;
    turn->read_left = TURN_READ;
    turn->write_left = TURN_WRITE;
    turn->sending = 0;
    turn->open = 2;
    turn->check.data = turn;
    turn->idle.data = turn;
    uv_idle_init(loop, &turn->idle);
    uv_check_init(loop, &turn->check);
    uv_check_start(&turn->check, on_check);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct turn *turn = handle->data;
    turn->open--;
}

void turn_close(struct turn *turn)
{
    if (turn->open == 0 || uv_is_closing((uv_handle_t *)&turn->check))
        return;
    uv_close((uv_handle_t *)&turn->check, on_closed);
    uv_close((uv_handle_t *)&turn->idle, on_closed);
}

void turn_free(struct turn *turn)
{
    free(turn->scratch);
    turn->scratch = NULL;
}

void turn_later(struct turn *turn, struct turn_wait *wait)
{
    if (!list_empty(&wait->link))
        return;
    if (list_empty(&turn->later))
        uv_idle_start(&turn->idle, on_idle);
    list_append(&turn->later, &wait->link);
}
