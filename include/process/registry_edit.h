/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_REGISTRY_EDIT_H
#define CADCAST_PROCESS_REGISTRY_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Conditions of registry_edit. */
enum registry_result {
    REGISTRY_SAME = 1, /* nothing to change, `out` is empty */
    REGISTRY_JUNK = 2, /* `out` is a new registry; the file's other contents are lost */
};

/* The edit, on text: writes the new contents of the file into `out`. `data` of `size` bytes is its
 * present contents, 0 bytes if there is none. Returns 0, one of the above or -ENOMEM. */
int registry_edit(const char *data, size_t size, uint16_t port, bool add, struct text *out);

#endif
