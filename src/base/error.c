/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

const char *error_text(int error, char *buf, unsigned size)
{
    /* The GNU variant: thread-safe, and mostly static strings. */
    if (error < 0 && error > -4096)
        return strerror_r(-error, buf, size);
    snprintf(buf, size, "error %d", error);
    return buf;
}
