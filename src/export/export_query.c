/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_query.h"
#include "render/query.h"

#include <errno.h>
#include <string.h>

static int add_id(json_t **ids, const char *name, const char *value, struct text *why)
{
    if (value[0] == '\0') {
        text_format(why, "%s must be the id of a part", name);
        return -EINVAL;
    }
    if (*ids == NULL)
        *ids = json_object();
    if (json_object_set_new(*ids, value, json_true()) == 0)
        return 0;
    text_add(why, "out of memory");
    return -ENOMEM;
}

static int no_parameter(const struct export_query *query, const char *name, struct text *why)
{
    text_format(why, "there is no parameter %.40s; %s", name,
                query->format == EXPORT_HTML ? "an HTML file holds the whole model"
                                             : "there are: parts hide step visible");
    return -ENOENT;
}

static int set_page(struct export_query *query, const char *value, struct text *why)
{
    if (strlen(value) < sizeof(query->page)) {
        memcpy(query->page, value, strlen(value) + 1);
        return 0;
    }
    text_add(why, "page must be the id of a page");
    return -EINVAL;
}

/* A parameter of HTML. */
static int set_html(struct export_query *query, const char *name, const char *value,
                    struct text *why)
{
    if (strcmp(name, "page") == 0)
        return set_page(query, value, why);
    if (strcmp(name, "history") != 0)
        return no_parameter(query, name, why);
    int on = query_switch(value, name, why);
    query->alone = on == 0;
    return on < 0 ? on : 0;
}

int export_query_set(struct export_query *query, const char *name, const char *value,
                     struct text *why)
{
    if (strcmp(name, "step") == 0)
        return query_step(value, &query->step, why);
    if (query->format == EXPORT_HTML)
        return set_html(query, name, value, why);
    if (strcmp(name, "parts") == 0)
        return add_id(&query->parts, name, value, why);
    if (strcmp(name, "hide") == 0)
        return add_id(&query->hide, name, value, why);
    if (strcmp(name, "visible") != 0)
        return no_parameter(query, name, why);
    int on = query_switch(value, name, why);
    query->visible = on == 1;
    return on < 0 ? on : 0;
}

static int take(void *arg, const char *name, const char *value, struct text *why)
{
    return export_query_set(arg, name, value, why);
}

int export_query_read(struct export_query *query, const char *text, struct text *why)
{
    return query_each(text, take, query, why);
}

void export_query_free(struct export_query *query)
{
    json_decref(query->parts);
    json_decref(query->hide);
    *query = (struct export_query){ 0 };
}
