/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_REGISTRY_EDIT_H
#define CADCAST_DAEMON_REGISTRY_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* What registry_edit did. */
enum registry_result {
    REGISTRY_SAME = 1, /* nothing to change, `out` is empty */
    REGISTRY_JUNK = 2, /* `out` begins anew; the file held something that it lacks */
};

/* The one change, on text: puts into `out` what the file has to say after it. `data` of `size`
 * bytes is what the file says, 0 bytes where there is none. Returns 0, one of the above or
 * -ENOMEM. */
int registry_edit(const char *data, size_t size, uint16_t port, bool add, struct text *out);

#endif
