/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Whatever the registry file holds: after adding our port it is a registry that has it, and adding
 * or removing once more changes nothing. */
#include <jansson.h>
#include <stdlib.h>

#include "process/registry_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static int has_port(const struct text *text)
{
    json_t *root = json_loadb(text->data, text->size, JSON_ALLOW_NUL, NULL);
    json_t *services = json_object_get(root, "services");
    int there = json_is_object(services) && json_object_get(services, "3939") != NULL;
    require(root != NULL);
    json_decref(root);
    return there;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text added = { 0 };
    struct text again = { 0 };
    struct text removed = { 0 };
    int r = registry_edit((const char *)data, size, 3939, true, &added);
    require(r >= 0);
    if (r != REGISTRY_SAME) {
        require(has_port(&added));
        require(registry_edit(added.data, added.size, 3939, true, &again) == REGISTRY_SAME);
        require(registry_edit(added.data, added.size, 3939, false, &removed) == 0);
        require(!has_port(&removed));
    }
    text_free(&added);
    text_free(&again);
    text_free(&removed);
    return 0;
}
