/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "loop/io_budget.h"

#include <stdlib.h>

static void on_idle(uv_idle_t *idle)
{
    /* Empty on purpose: while this handle is active the loop does not block in poll. */
}

/* Runs after the events of one turn, so the budgets it sets are those of the next turn. */
static void on_check(uv_check_t *check)
{
    struct io_budget *budget = check->data;
    budget->read_left = IO_BUDGET_READ;
    budget->write_left = IO_BUDGET_WRITE;
    /* Callbacks that are queued again while this runs are run in the next turn. */
    struct list now;
    list_init(&now);
    list_each(pos, next, &budget->later) {
        list_remove(pos);
        list_append(&now, pos);
    }
    while (!list_empty(&now) && budget->write_left > 0) {
        struct io_budget_wait *wait = list_entry(now.next, struct io_budget_wait, link);
        list_remove(&wait->link);
        wait->run(wait);
    }
    /* Those that were not run go before those that were queued again. */
    while (!list_empty(&now)) {
        struct list *last = now.prev;
        list_remove(last);
        list_prepend(&budget->later, last);
    }
    if (list_empty(&budget->later))
        uv_idle_stop(&budget->idle);
    else if (budget->write_left == 0)
        budget->read_left = IO_BUDGET_READ_BUSY;
}

int io_budget_open(struct io_budget *budget, uv_loop_t *loop)
{
    list_init(&budget->later);
    budget->scratch = malloc(IO_BUDGET_SCRATCH);
    if (budget->scratch == NULL)
        return UV_ENOMEM;
    budget->read_left = IO_BUDGET_READ;
    budget->write_left = IO_BUDGET_WRITE;
    budget->sending = 0;
    budget->open = 2;
    budget->check.data = budget;
    budget->idle.data = budget;
    uv_idle_init(loop, &budget->idle);
    uv_check_init(loop, &budget->check);
    uv_check_start(&budget->check, on_check);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct io_budget *budget = handle->data;
    budget->open--;
}

void io_budget_close(struct io_budget *budget)
{
    if (budget->open == 0 || uv_is_closing((uv_handle_t *)&budget->check))
        return;
    uv_close((uv_handle_t *)&budget->check, on_closed);
    uv_close((uv_handle_t *)&budget->idle, on_closed);
}

void io_budget_free(struct io_budget *budget)
{
    free(budget->scratch);
    budget->scratch = NULL;
}

void io_budget_later(struct io_budget *budget, struct io_budget_wait *wait)
{
    if (!list_empty(&wait->link))
        return;
    if (list_empty(&budget->later))
        uv_idle_start(&budget->idle, on_idle);
    list_append(&budget->later, &wait->link);
}
