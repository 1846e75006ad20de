/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/screenshot.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/error.h"
#include "daemon/file.h"

/* Signature, IHDR and IEND: no PNG is shorter (PNG specification, sections 5.2 and 11.2). */
#define PNG_LEAST (8 + 25 + 12)

static const char prefix[] = "data:image/png;base64,";

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

static uint32_t read_u32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

/* Says what is wrong with a PNG, NULL where it looks whole. The pixels are not decoded. */
static const char *png_fault(const uint8_t *png, size_t size)
{
    static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    static const uint8_t end[] = { 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };
    if (size < PNG_LEAST || memcmp(png, signature, sizeof(signature)) != 0)
        return "is not a PNG";
    const uint8_t *header = png + 8;
    if (read_u32(header) != 13 || memcmp(header + 4, "IHDR", 4) != 0 ||
        read_u32(header + 21) != crc32(0, header + 4, 17))
        return "has a damaged header";
    uint32_t width = read_u32(header + 8);
    uint32_t height = read_u32(header + 12);
    if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
        return "has no size";
    return memcmp(png + size - sizeof(end), end, sizeof(end)) == 0 ? NULL : "is cut short";
}

static int decode(const char *url, size_t size, uint8_t **png, size_t *png_size,
                  struct text *message)
{
    size_t skip = sizeof(prefix) - 1;
    if (size < skip || memcmp(url, prefix, skip) != 0) {
        text_add(message, "the screenshot is not a PNG in a data URL");
        return -EBADMSG;
    }
    *png = malloc((size - skip) / 4 * 3 + 3);
    if (*png == NULL)
        return -ENOMEM;
    long n = base64_decode(*png, url + skip, size - skip);
    const char *fault = n < 0 ? "is not base64" : png_fault(*png, (size_t)n);
    if (fault != NULL) {
        text_format(message, "the screenshot %s", fault);
        return -EBADMSG;
    }
    *png_size = (size_t)n;
    return 0;
}

/* A name that stands for anything but a file is left alone: renaming over it would take away a
 * device or a socket. */
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
    char buf[64];
    uint8_t *png = NULL;
    size_t png_size = 0;
    int r = screenshot_check_name(filename, strlen(filename), message);
    if (r < 0)
        return r;
    r = decode(url, size, &png, &png_size, message);
    if (r == 0)
        r = check_target(filename);
    if (r == 0)
        r = file_replace(filename, png, png_size, 0);
    free(png);
    if (r < 0 && message->size == 0)
        text_format(message, "the screenshot cannot be written to %s: %s", filename,
                    error_text(r, buf, sizeof(buf)));
    return r;
}
