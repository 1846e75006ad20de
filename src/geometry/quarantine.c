/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/quarantine.h"

#include <stdlib.h>
#include <string.h>

/* Parts that ended this many helpers are in quarantine. */
#define KILLS_ALLOWED 2

/* Most records for one model. */
#define QUARANTINE_MAX 64

struct quarantine_entry {
    struct list link;
    unsigned kills; /* helpers that ended during a question on these parts */
    char name[];    /* parts, as in struct question */
};

void quarantine_clear(struct list *quarantine)
{
    list_each(at, next, quarantine)
        free(list_entry(at, struct quarantine_entry, link));
    list_init(quarantine);
}

bool quarantine_record(struct list *quarantine, const char *name)
{
    unsigned count = 0;
    list_each(at, next, quarantine) {
        struct quarantine_entry *known = list_entry(at, struct quarantine_entry, link);
        count++;
        if (strcmp(known->name, name) == 0) {
            known->kills++;
            return true;
        }
    }
    struct quarantine_entry *fresh =
        count < QUARANTINE_MAX ? malloc(sizeof(*fresh) + strlen(name) + 1) : NULL;
    if (fresh == NULL)
        return false;
    fresh->kills = 1;
    memcpy(fresh->name, name, strlen(name) + 1);
    list_append(quarantine, &fresh->link);
    return true;
}

/* Whether `name` is all of `parts`, or one of its lines. */
static bool touches(const char *parts, const char *name)
{
    size_t length = strlen(name);
    const char *line = parts;
    while (line != NULL) {
        if (strncmp(line, name, length) == 0 && (line[length] == '\0' || line[length] == '\n'))
            return true;
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return false;
}

bool quarantine_holds(const struct list *quarantine, const char *parts)
{
    list_each(at, next, quarantine) {
        const struct quarantine_entry *known = list_entry(at, struct quarantine_entry, link);
        if (known->kills >= KILLS_ALLOWED && touches(parts, known->name))
            return true;
    }
    return false;
}
