/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * Put before the C library (LD_PRELOAD) of cadcast-import: what its second process answers, once a
 * file has taken it over. CADCAST_LIE names the lie, and CADCAST_SEED where in an answer it is. An
 * answer is written at once: a head of 24 bytes (include/base/frame.h), the number of faces, a
 * number for each, a shape.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { HEAD = 24, KIND = 0, SERIAL = 4, LENGTH = 16, COUNT = HEAD, FIRST = HEAD + 4 };

static char lie[32];
static uint32_t seed;
static int second; /* this is the second process */

__attribute__((constructor)) static void remember(void)
{
    const char *given = getenv("CADCAST_LIE"), *number = getenv("CADCAST_SEED");
    snprintf(lie, sizeof(lie), "%s", given == NULL ? "" : given);
    seed = number == NULL ? 1 : (uint32_t)atoi(number);
}

pid_t fork(void)
{
    pid_t child = (pid_t)syscall(SYS_fork);
    second = second || child == 0;
    return child;
}

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return below == 0 ? 0 : (seed >> 8) % below;
}

static void put(const unsigned char *from, size_t size)
{
    while (size > 0) {
        ssize_t done = syscall(SYS_write, STDOUT_FILENO, from, size);
        if (done <= 0)
            _exit(1);
        from += done;
        size -= (size_t)done;
    }
}

static void set32(unsigned char *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void set_length(unsigned char *frame, uint64_t value)
{
    memcpy(frame + LENGTH, &value, sizeof(value));
}

static int is(const char *name)
{
    return strcmp(lie, name) == 0;
}

/* Changes an answer; returns how much of it is written. */
static size_t change(unsigned char *frame, size_t size)
{
    uint32_t count;
    memcpy(&count, frame + COUNT, sizeof(count));
    if (is("kind"))
        set32(frame + KIND, 33);
    else if (is("unknown kind"))
        set32(frame + KIND, 200);
    else if (is("number"))
        set32(frame + SERIAL, 1000000);
    else if (is("never ends"))
        set_length(frame, INT32_MAX);
    else if (is("too long"))
        set_length(frame, UINT64_MAX / 4);
    else if (is("many faces"))
        set32(frame + COUNT, UINT32_MAX);
    else if (is("a face less"))
        set32(frame + COUNT, count - 1);
    else if (is("no such face"))
        set32(frame + FIRST, count + 1000);
    else if (is("negative face"))
        set32(frame + FIRST, UINT32_MAX);
    else if (is("noise"))
        for (size_t i = FIRST + 4 * (size_t)count; i < size; i++)
            frame[i] = (unsigned char)any(256);
    else if (is("a byte"))
        frame[HEAD + any((uint32_t)(size - HEAD))] ^= (unsigned char)(1 + any(255));
    if (is("empty") || is("no shape") || is("cut off")) {
        size_t rest = is("empty")      ? 0
                      : is("no shape") ? 4 + 4 * (size_t)count
                                       : any((uint32_t)(size - HEAD));
        set_length(frame, rest);
        return HEAD + rest;
    }
    return size;
}

/* What was answered before is answered again, as if it were of this shape. */
static void repeat(unsigned char *frame, size_t size)
{
    static unsigned char *before;
    static size_t length;
    if (before == NULL) {
        before = malloc(size);
        if (before == NULL)
            _exit(1);
        memcpy(before, frame, size);
        length = size;
    }
    memcpy(before + SERIAL, frame + SERIAL, 4);
    put(before, length);
}

ssize_t write(int fd, const void *from, size_t size)
{
    if (!second || fd != STDOUT_FILENO || size < FIRST + 4)
        return syscall(SYS_write, fd, from, size);
    unsigned char *frame = malloc(size);
    if (frame == NULL)
        _exit(1);
    memcpy(frame, from, size);
    if (is("another shape")) {
        repeat(frame, size);
    } else if (is("half")) {
        put(frame, size / 2);
        _exit(0);
    } else {
        put(frame, change(frame, size));
        if (is("twice"))
            put(frame, size);
    }
    free(frame);
    return (ssize_t)size;
}
