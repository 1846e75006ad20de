/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_CHECK_H
#define CADCAST_SETTINGS_CONFIG_CHECK_H

#include <jansson.h>

#include "base/text.h"

/* Settings of the file without an option. */
#define CONFIG_CHECK_KEYS "modifier_keys"
#define CONFIG_CHECK_TREE "new_tree_behavior"

/* The result of checking a name of the settings file. */
enum config_name {
    CONFIG_NAME_KNOWN,
    CONFIG_NAME_MISTAKEN, /* a misspelling, surely or probably */
    CONFIG_NAME_UNKNOWN,  /* perhaps a setting of a newer client */
};

/*
 * Checks one value of the settings file by the rules of the command line. Besides what the command
 * line accepts, a colour may be a list (options_color_list), and null, which stands for the
 * default, is always valid, as is any value of an unknown name.
 *
 * Returns 0, `*use` then being a new reference to the value to use: `value` itself, a word in the
 * spelling of the table, or the number or boolean that a text stands for; -EINVAL with the valid
 * values, and the given one, added to `fault` ("takes one of Z|Y, not \"X\""); or -ENOMEM.
 */
int config_check(const char *name, json_t *value, json_t **use, struct text *fault);

/* Checks the name alone; adds the fault of an unknown one to `fault`. */
enum config_name config_check_name(const char *name, struct text *fault);

#endif
