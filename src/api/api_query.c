/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_query.h"
#include "render/query.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Whether `name` is one of the words in `allowed`. */
static bool is_allowed(const char *name, const char *allowed)
{
    size_t size = strlen(name);
    while (*allowed != '\0') {
        size_t n = strcspn(allowed, " ");
        if ((n == size && memcmp(name, allowed, n) == 0) || (n == 1 && *allowed == '*'))
            return true;
        allowed += n;
        allowed += strspn(allowed, " ");
    }
    return false;
}

/* The query that is read: into what, and which names it may have. */
struct reading {
    json_t *args;
    const char *allowed;
};

static int add(void *arg, const char *name, const char *value, struct text *why)
{
    const struct reading *reading = arg;
    if (!is_allowed(name, reading->allowed)) {
        text_format(why, "there is no parameter %.40s%s%s", name,
                    reading->allowed[0] == '\0' ? "; this path takes none" : "; there are: ",
                    reading->allowed);
        return -EINVAL;
    }
    if (json_object_get(reading->args, name) != NULL) {
        text_format(why, "%.40s is given twice", name);
        return -EINVAL;
    }
    if (json_object_set_new(reading->args, name, json_string(value)) == 0)
        return 0;
    text_add(why, "out of memory");
    return -ENOMEM;
}

int api_query_read(json_t *args, const char *query, const char *allowed, struct text *why)
{
    struct reading reading = { .args = args, .allowed = allowed };
    return query_each(query, add, &reading, why);
}
