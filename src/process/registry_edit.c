/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "process/registry_edit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

static int add_piece(const char *data, size_t size, void *out)
{
    text_add_bytes(out, data, size);
    return 0;
}

/* Writes the form of the Python viewers, json.dump(..., indent=2). */
static int dump(json_t *root, struct text *out)
{
    if (json_dump_callback(root, add_piece, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0)
        return -ENOMEM;
    return text_error(out);
}

static bool is_blank(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr(" \t\r\n", data[i]) == NULL || data[i] == '\0')
            return false;
    }
    return true;
}

/* Parses the file's text, and tries once more if that fails: jansson reports a failed allocation as
 * invalid text, and a registry must not be replaced for that. */
static json_t *read_twice(const char *data, size_t size)
{
    json_t *root = json_read(data, size, JSON_ALLOW_NUL, NULL);
    return root != NULL ? root : json_read(data, size, JSON_ALLOW_NUL, NULL);
}

/* The file's object, or a new one if it has none. Sets `*result` to REGISTRY_JUNK if that loses
 * something. NULL: no memory. */
static json_t *load(const char *data, size_t size, int *result)
{
    bool blank = is_blank(data, size);
    json_t *root = blank ? NULL : read_twice(data, size);
    if (json_is_object(root))
        return root;
    json_decref(root);
    if (!blank)
        *result = REGISTRY_JUNK;
    return json_pack("{s:i,s:{}}", "version", 2, "services");
}

/* Its map of ports; a new one if the member is something else. */
static json_t *services_of(json_t *root, int *result)
{
    json_t *services = json_object_get(root, "services");
    if (json_is_object(services))
        return services;
    if (services != NULL && !json_is_null(services))
        *result = REGISTRY_JUNK;
    services = json_object();
    return json_object_set_new(root, "services", services) == 0 ? services : NULL;
}

int registry_edit(const char *data, size_t size, uint16_t port, bool add, struct text *out)
{
    char key[8];
    int result = 0;
    json_t *root = load(data, size, &result);
    json_t *services = root != NULL ? services_of(root, &result) : NULL;
    if (services == NULL) {
        json_decref(root);
        return -ENOMEM;
    }
    snprintf(key, sizeof(key), "%u", port);
    json_t *value = json_object_get(services, key);
    bool there = json_is_string(value) && json_string_length(value) == 0;
    int r = 0;
    if (add ? there && result == 0 : value == NULL)
        result = REGISTRY_SAME;
    else if (add)
        r = json_object_set_new(services, key, json_string("")) == 0 ? 0 : -ENOMEM;
    else
        json_object_del(services, key);
    if (r == 0 && result != REGISTRY_SAME)
        r = dump(root, out);
    json_decref(root);
    return r < 0 ? r : result;
}
