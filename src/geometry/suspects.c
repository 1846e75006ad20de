/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/suspects.h"

#include <stdlib.h>
#include <string.h>

/* Parts that ended this many helpers are set aside. */
#define KILLS_ALLOWED 2

/* No more of them are kept of one model. */
#define SUSPECTS_KEPT 64

struct suspect {
    struct list link;
    unsigned kills; /* helpers that ended while they had these parts */
    char name[];    /* as struct question has it */
};

void suspects_forget(struct list *suspects)
{
    list_each(at, next, suspects) free(list_entry(at, struct suspect, link));
    list_init(suspects);
}

bool suspects_blame(struct list *suspects, const char *name)
{
    unsigned count = 0;
    list_each(at, next, suspects)
    {
        struct suspect *known = list_entry(at, struct suspect, link);
        count++;
        if (strcmp(known->name, name) == 0) {
            known->kills++;
            return true;
        }
    }
    struct suspect *fresh =
        count < SUSPECTS_KEPT ? malloc(sizeof(*fresh) + strlen(name) + 1) : NULL;
    if (fresh == NULL)
        return false;
    fresh->kills = 1;
    memcpy(fresh->name, name, strlen(name) + 1);
    list_append(suspects, &fresh->link);
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

bool suspects_hold(const struct list *suspects, const char *parts)
{
    list_each(at, next, suspects)
    {
        const struct suspect *known = list_entry(at, struct suspect, link);
        if (known->kills >= KILLS_ALLOWED && touches(parts, known->name))
            return true;
    }
    return false;
}
