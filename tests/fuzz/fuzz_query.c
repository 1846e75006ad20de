/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The query of a URL, as the API, pictures and files read it. What must hold: it is taken, or `why`
 * has one line; what was taken is UTF-8 without control characters. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_query.h"
#include "base/utf8.h"
#include "export/export_query.h"
#include "render/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check(int error, struct text *why)
{
    must(error == 0 || (why->size > 0 && strchr(why->data, '\n') == NULL));
    text_free(why);
    *why = (struct text){ 0 };
}

static void check_value(const json_t *value)
{
    const char *text = json_string_value(value);
    must(text != NULL && utf8_valid((const uint8_t *)text, strlen(text)));
    for (const char *c = text; *c != '\0'; c++)
        must((uint8_t)*c >= 0x20 && *c != 0x7f);
}

/* A parameter that may be repeated is a list. */
static void check_args(json_t *args)
{
    const char *name;
    json_t *value, *each;
    size_t index;
    json_object_foreach(args, name, value) {
        if (!json_is_array(value))
            check_value(value);
        json_array_foreach(value, index, each)
            check_value(each);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text why = { 0 };
    struct render_options options;
    char *query = malloc(size + 1);
    must(query != NULL);
    memcpy(query, data, size);
    query[size] = '\0';
    static const char *const allowed[] = { "", "id id2 center", "with limit", "with *" };
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        json_t *args = json_object();
        check(api_query_read(args, query, allowed[i], &why), &why);
        check_args(args);
        json_decref(args);
    }
    render_options_init(&options);
    check(query_read(&options, query, &why), &why);
    render_options_free(&options);
    for (int format = 0; format < EXPORT_FORMATS; format++) {
        struct export_query read = { .format = (enum export_format)format };
        check(export_query_read(&read, query, &why), &why);
        export_query_free(&read);
    }
    free(query);
    return 0;
}
