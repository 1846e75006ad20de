/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/png.h"

#include <string.h>

#include <zlib.h>

#include "base/base64.h"

/* Signature, IHDR and IEND: no PNG is shorter (PNG specification, sections 5.2 and 11.2). */
#define LEAST (8 + 25 + 12)

static const char prefix[] = "data:image/png;base64,";

static uint32_t read_u32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

/* The fault of a PNG, NULL if it looks complete. The pixels are not decoded. */
static const char *fault_of(const uint8_t *png, size_t size)
{
    static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    static const uint8_t end[] = { 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };
    if (size < LEAST || memcmp(png, signature, sizeof(signature)) != 0)
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

const char *png_from_url(const char *url, size_t size, uint8_t *out, size_t *png_size)
{
    size_t skip = sizeof(prefix) - 1;
    if (size < skip || memcmp(url, prefix, skip) != 0)
        return "is not a PNG in a data URL";
    long n = base64_decode(out, url + skip, size - skip);
    if (n < 0)
        return "is not base64";
    *png_size = (size_t)n;
    return fault_of(out, (size_t)n);
}
