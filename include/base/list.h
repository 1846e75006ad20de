/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_LIST_H
#define CADCAST_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A doubly linked ring that lives inside its members. A head and an unlinked member both point at
 * themselves, so list_remove may be called twice and an empty list needs no special case.
 */
struct list {
    struct list *prev;
    struct list *next;
};

/* The struct of type `type` whose field `field` is the list member `ptr`. */
#define list_entry(ptr, type, field) ((type *)(void *)((char *)(ptr)-offsetof(type, field)))

/* Iterates from the first member to the last; only the member at `pos` may be removed meanwhile. */
#define list_each(pos, next_pos, head)                                                             \
    for (struct list *pos = (head)->next, *next_pos = pos->next; pos != (head);                    \
         pos = next_pos, next_pos = pos->next)

static inline void list_init(struct list *list)
{
    list->prev = list;
    list->next = list;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_append(struct list *head, struct list *member)
{
    member->prev = head->prev;
    member->next = head;
    head->prev->next = member;
    head->prev = member;
}

static inline void list_prepend(struct list *head, struct list *member)
{
    list_append(head->next, member);
}

static inline void list_remove(struct list *member)
{
    member->prev->next = member->next;
    member->next->prev = member->prev;
    list_init(member);
}

#endif
