/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES 2000

static const char *const level_names[] = { "error", "warning", "info", "debug" };

static void timestamp(char out[32])
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + n, 32 - n, ".%03ldZ", now.tv_nsec / 1000000);
}

/* The length of the UTF-8 sequence at `s` if it is safe for a terminal; 0 if the byte must be
 * escaped. */
static size_t printable(const uint8_t *s, size_t left)
{
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f ? 1 : 0;
    for (size_t n = 2; n <= 4 && n <= left; n++) {
        /* U+0080 to U+009F are control characters too. */
        if (utf8_valid(s, n))
            return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : n;
    }
    return 0;
}

static size_t make_printable(char *out, size_t room, const char *in)
{
    size_t used = 0;
    size_t left = strlen(in);
    while (left > 0 && used + 5 < room) {
        size_t n = printable((const uint8_t *)in, left);
        if (n > 0) {
            memcpy(out + used, in, n);
            used += n;
        } else {
            n = 1;
            used += (size_t)snprintf(out + used, room - used, "\\x%02x", (uint8_t)in[0]);
        }
        in += n;
        left -= n;
    }
    out[used] = '\0';
    return used;
}

/* If a pipe or a terminal is full because its reader stopped, the line is dropped: waiting would
 * block the loop. If poll reports room, there is room for PIPE_BUF bytes. */
static bool has_room(int fd)
{
    struct pollfd out = { .fd = fd, .events = POLLOUT };
    return poll(&out, 1, 0) != 0;
}

static void write_if_room(int fd, const char *data, size_t size)
{
    while (size > 0 && has_room(fd)) {
        ssize_t n = write(fd, data, size < PIPE_BUF ? size : PIPE_BUF);
        if (n < 0 && errno == EINTR)
            continue;
        /* A full disk or a closed terminal costs the line, never the service. */
        if (n <= 0)
            return;
        data += n;
        size -= (size_t)n;
    }
}

static void write_text(const struct log *log, enum log_level level, const char *module,
                       const char *message)
{
    char line[LINE_MAX_BYTES + 128];
    char when[32] = "";
    size_t n = 0;
    if (log->time) {
        timestamp(when);
        n = (size_t)snprintf(line, sizeof(line), "%s ", when);
    }
    n += (size_t)snprintf(line + n, sizeof(line) - n, "%s: %s: ", level_names[level], module);
    n += make_printable(line + n, sizeof(line) - n - 1, message);
    line[n++] = '\n';
    write_if_room(log->fd, line, n);
}

static void write_json(const struct log *log, enum log_level level, const char *module,
                       const char *message)
{
    char when[32];
    struct text line = { 0 };
    timestamp(when);
    text_format(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"module\":\"%s\",\"message\":", when,
                level_names[level], module);
    text_add_json(&line, message, strlen(message));
    text_add(&line, "}\n");
    if (text_error(&line) == 0)
        write_if_room(log->fd, line.data, line.size);
    text_free(&line);
}

void log_line(const struct log *log, enum log_level level, const char *module, const char *format,
              ...)
{
    va_list args;
    if (log == NULL || log->fd < 0 || level > log->level)
        return;
    int saved = errno;
    char message[LINE_MAX_BYTES];
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (log->json)
        write_json(log, level, module, message);
    else
        write_text(log, level, module, message);
    errno = saved;
}
