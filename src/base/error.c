/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* There are two functions of the name strerror_r: glibc's returns the text, which is mostly not in
 * `buf`, and that of POSIX fills `buf` and returns a status. */
static const char *text_of_gnu(const char *text, const char *buf)
{
    return text;
}

static const char *text_of_posix(int status, const char *buf)
{
    return buf;
}

const char *error_text(int error, char *buf, unsigned size)
{
    if (error < 0 && error > -4096)
        return _Generic(strerror_r(-error, buf, size), int
                        : text_of_posix, default
                        : text_of_gnu)(strerror_r(-error, buf, size), buf);
    snprintf(buf, size, "error %d", error);
    return buf;
}
