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

/* The parameters that may be given more than once: ids of parts. */
static bool repeats(const char *name)
{
    return strcmp(name, "parts") == 0 || strcmp(name, "hide") == 0;
}

/* Makes a list of the values so far and the next one. */
static int append(json_t *known, json_t *args, const char *name, const char *value,
                  struct text *why)
{
    json_t *list = json_is_array(known) ? json_incref(known) : json_pack("[O]", known);
    if (json_array_append_new(list, json_string(value)) == 0 &&
        json_object_set_new(args, name, list) == 0)
        return 0;
    text_add(why, "out of memory");
    return -ENOMEM;
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
    if (strcmp(name, "center") == 0 && query_switch(value, name, why) < 0)
        return -EINVAL;
    json_t *known = json_object_get(reading->args, name);
    if (known != NULL && repeats(name))
        return append(known, reading->args, name, value, why);
    if (known != NULL) {
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
