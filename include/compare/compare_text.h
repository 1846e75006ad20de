/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMPARE_COMPARE_TEXT_H
#define CADCAST_COMPARE_COMPARE_TEXT_H

#include <stdio.h>

#include <jansson.h>

/* Prints a report (compare_report) for people: a line for each part that differs, and the counts.
 */
void compare_text_print(const json_t *report, FILE *out);

#endif
