/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_OPTIONS_COLOR_H
#define CADCAST_SETTINGS_OPTIONS_COLOR_H

#include <jansson.h>
#include <stdbool.h>

/* The colours that the clients can read: for any other, show() raises in the notebook, or draws
 * grey. */

/* A description of valid colours, for messages. */
#define OPTIONS_COLOR_TEXT "a CSS colour name, #rgb, #rrggbb or #rrggbbaa"

/* Whether `text` is a CSS 3 colour name, in any case, or "#" with 3, 6 or 8 hexadecimal digits. */
bool options_color_text(const char *text);

/* Whether `list` is [r, g, b] or [r, g, b, alpha]: whole numbers from 0 to 255, or numbers from 0
 * to 1 of which at least one has a decimal point. Alpha is from 0 to 1, or above 1 to 255. */
bool options_color_list(const json_t *list);

#endif
