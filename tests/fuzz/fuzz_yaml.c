/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Whatever the file of settings holds: it is refused with a place, or it gives an answer that is
 * JSON and no larger than its limits allow. */
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "settings/config_check.h"
#include "settings/config_settings.h"
#include "settings/config_write.h"
#include "settings/config_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void resolve(json_t *file)
{
    const char *key;
    json_t *value;
    void *next;
    struct text text = { 0 };
    json_object_foreach_safe(file, next, key, value)
    {
        struct text fault = { 0 };
        json_t *use = NULL;
        config_check_name(key, &fault);
        require(text_error(&fault) == 0 && fault.size < 400);
        if (config_check(key, value, &use, &fault) == 0)
            json_object_set_new(file, key, use);
        else
            json_object_del(file, key);
        text_free(&fault);
    }
    json_t *settings = config_settings_resolve(file, NULL);
    require(settings != NULL);
    config_write(&text, settings);
    require(text_error(&text) == 0 && text.size <= 6 * CONFIG_YAML_EXPANDED + 10000);
    json_t *again = json_loadb(text.data, text.size, JSON_ALLOW_NUL, NULL);
    require(json_is_array(json_object_get(again, "grid")));
    require(json_is_string(json_object_get(json_object_get(again, "modifier_keys"), "alt")) ||
            json_object_get(file, "modifier_keys") != NULL);
    json_decref(again);
    json_decref(settings);
    text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_yaml_error error = { 0 };
    json_t *file = NULL;
    json_t *places = NULL;
    int r = config_yaml_load((const char *)data, size, &file, &places, &error);
    require(r == 0 || r == -EINVAL);
    if (r < 0) {
        require(error.line > 0 && error.column > 0 && error.text[0] != '\0');
        return 0;
    }
    require(json_object_size(places) <= json_object_size(file));
    resolve(file);
    json_decref(file);
    json_decref(places);
    return 0;
}
