/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/screenshot.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/png.h"

int screenshot_check_name(const char *filename, size_t size, struct text *message)
{
    const char *why = NULL;
    if (size == 0 || filename[0] != '/')
        why = "is not an absolute path";
    else if (size >= PATH_MAX)
        why = "is too long";
    else if (memchr(filename, '\0', size) != NULL)
        why = "has a zero byte";
    else if (filename[size - 1] == '/' ||
             (size >= 2 && memcmp(filename + size - 2, "/.", 2) == 0) ||
             (size >= 3 && memcmp(filename + size - 3, "/..", 3) == 0))
        why = "is a folder";
    if (why == NULL)
        return 0;
    text_format(message, "the screenshot's name \"%.*s\" %s", (int)(size < 200 ? size : 200),
                filename, why);
    return -EINVAL;
}

static int decode(const char *url, size_t size, uint8_t **png, size_t *png_size,
                  struct text *message)
{
    *png = malloc(PNG_ROOM(size));
    if (*png == NULL)
        return -ENOMEM;
    const char *fault = png_from_url(url, size, *png, png_size);
    if (fault == NULL)
        return 0;
    text_format(message, "the screenshot %s", fault);
    return -EBADMSG;
}

/* Rejects a target that is not a regular file: renaming over it would remove a device or a socket.
 */
static int check_target(const char *filename)
{
    struct stat st;
    if (lstat(filename, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (S_ISLNK(st.st_mode) && stat(filename, &st) < 0)
        return 0;
    return S_ISREG(st.st_mode) ? 0 : S_ISDIR(st.st_mode) ? -EISDIR : -ENODEV;
}

int screenshot_write(const char *filename, const char *url, size_t size, struct text *message)
{
    uint8_t *png = NULL;
    size_t png_size = 0;
    int r = screenshot_check_name(filename, strlen(filename), message);
    if (r < 0)
        return r;
    r = decode(url, size, &png, &png_size, message);
    if (r == 0)
        r = screenshot_write_png(filename, png, png_size, message);
    free(png);
    return r;
}

int screenshot_write_png(const char *filename, const uint8_t *png, size_t size,
                         struct text *message)
{
    char buf[64];
    int r = screenshot_check_name(filename, strlen(filename), message);
    if (r == 0)
        r = check_target(filename);
    if (r == 0)
        r = file_replace(filename, png, size, 0);
    if (r < 0 && message->size == 0)
        text_format(message, "the screenshot cannot be written to %s: %s", filename,
                    error_text(r, buf, sizeof(buf)));
    return r;
}
