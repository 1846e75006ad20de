/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/qr.h"

#include <errno.h>
#include <stddef.h>

#ifdef CADCAST_QR

#include <qrencode.h>

/* Light modules around the code (ISO/IEC 18004 section 9.1). */
#define QUIET 4

/* ECMA-48 section 8.3.117: black on bright white, and as before. */
#define BLACK_ON_WHITE "\033[30;107m"
#define AS_BEFORE "\033[0m"

bool qr_possible(void)
{
    return true;
}

static int encode(QRcode **code, const char *string)
{
    errno = 0;
    *code = QRcode_encodeString8bit(string, 0, QR_ECLEVEL_M);
    if (*code != NULL)
        return 0;
    return errno == ENOMEM ? -ENOMEM : -ERANGE;
}

static bool is_dark(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return false;
    return (code->data[y * code->width + x] & 1) != 0;
}

/* Each run of dark modules of a row is a rectangle. */
static void add_row(struct text *out, const QRcode *code, int y)
{
    for (int x = 0; x < code->width; x++) {
        int from = x;
        while (is_dark(code, x, y))
            x++;
        if (x > from)
            text_format(out, "M%d %dh%dv1h-%dz", from + QUIET, y + QUIET, x - from, x - from);
    }
}

int qr_svg(struct text *out, const char *string)
{
    QRcode *code;
    int error = encode(&code, string);
    if (error < 0)
        return error;
    int width = code->width + 2 * QUIET;
    text_format(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
        width, width, width, width);
    for (int y = 0; y < code->width; y++)
        add_row(out, code, y);
    text_add(out, "\"/></svg>\n");
    QRcode_free(code);
    return text_error(out);
}

int qr_blocks(struct text *out, const char *string, bool colour)
{
    static const char *const blocks[] = { " ", "\u2580", "\u2584", "\u2588" };
    QRcode *code;
    int error = encode(&code, string);
    if (error < 0)
        return error;
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        text_add(out, colour ? BLACK_ON_WHITE : "");
        for (int x = -QUIET; x < code->width + QUIET; x++)
            text_add(out, blocks[is_dark(code, x, y) + 2 * is_dark(code, x, y + 1)]);
        text_add(out, colour ? AS_BEFORE "\n" : "\n");
    }
    QRcode_free(code);
    return text_error(out);
}

#else

bool qr_possible(void)
{
    return false;
}

int qr_svg(struct text *out, const char *string)
{
    return -ENOTSUP;
}

int qr_blocks(struct text *out, const char *string, bool colour)
{
    return -ENOTSUP;
}

#endif
