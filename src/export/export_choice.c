/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_choice.h"

#include <errno.h>

static int add_all(json_t *to, const json_t *ids)
{
    return json_object_size(ids) > 0 ? json_object_update(to, (json_t *)(uintptr_t)ids) : 0;
}

int export_choice_begin(struct export_choice *choice, const struct export_options *options,
                        struct export_chosen *all)
{
    *choice = (struct export_choice){ .options = options, .missing = json_object() };
    *all = (struct export_chosen){ .chosen = json_object_size(options->parts) == 0 };
    if (choice->missing == NULL || add_all(choice->missing, options->parts) < 0 ||
        add_all(choice->missing, options->hide) < 0)
        return -ENOMEM;
    return 0;
}

/* Whether an object has that id; it is not missing then. */
static bool listed(struct export_choice *choice, const json_t *ids, const char *id)
{
    if (id == NULL || json_object_get(ids, id) == NULL)
        return false;
    json_object_del(choice->missing, id);
    return true;
}

struct export_chosen export_choice_within(struct export_choice *choice, const json_t *part,
                                          struct export_chosen outer)
{
    const char *id = json_string_value(json_object_get(part, "id"));
    struct export_chosen inner = outer;
    inner.chosen |= listed(choice, choice->options->parts, id);
    inner.hidden |= listed(choice, choice->options->hide, id);
    return inner;
}

const char *export_choice_missing(const struct export_choice *choice)
{
    return json_object_iter_key(json_object_iter(choice->missing));
}

void export_choice_free(struct export_choice *choice)
{
    json_decref(choice->missing);
    choice->missing = NULL;
}
