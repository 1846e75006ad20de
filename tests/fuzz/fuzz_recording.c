/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Whatever a file holds: it is a recording or it is not, and each picture that is read of one can
 * be kept by a session. The first byte says how the rest becomes a file, as nothing would be found
 * behind the checksums of zstd. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "state/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Most bytes of one picture. */
enum { MOST = 1 << 20 };

static void require(int holds)
{
    if (!holds)
        abort();
}

static void put(int fd, const void *data, size_t size)
{
    require(write(fd, data, size) == (ssize_t)size);
}

/* A head that programs of this version take. */
static void put_head(int fd)
{
    static const uint8_t head[RECORDING_HEAD] = { 0x5c, 0x2a, 0x4d, 0x18, 120, 0,    0,    0, 'c',
                                                  'a',  'd',  'r',  'e',  'c', '\r', '\n', 1 };
    put(fd, head, sizeof(head));
}

/* One frame of zstd with that content. */
static void put_frame(int fd, const uint8_t *data, size_t size)
{
    size_t room = ZSTD_compressBound(size);
    void *out = malloc(room);
    size_t packed = ZSTD_compress(out, room, data, size, 1);
    require(!ZSTD_isError(packed));
    put(fd, out, packed);
    free(out);
}

/* 0: as it is; 1: behind a head; else so many frames of equal size behind one. */
static void put_file(int fd, unsigned how, const uint8_t *data, size_t size)
{
    if (how > 0)
        put_head(fd);
    if (how < 2)
        put(fd, data, size);
    for (unsigned i = 0; how >= 2 && i < how; i++)
        put_frame(fd, data + size / how * i, i + 1 < how ? size / how : size - size / how * i);
}

static void check(const struct recording_picture *picture)
{
    uint64_t bytes = 0;
    require(session_name_ok(picture->records.name));
    for (unsigned kind = 0; kind < STATE_KINDS; kind++) {
        const struct blob *blob = picture->records.records[kind].blob;
        require(blob == NULL || picture->present[kind]);
        bytes += blob == NULL ? 0 : blob->size;
    }
    require(bytes <= MOST);
}

static void read_all(struct recording_reader *reader)
{
    struct recording_picture picture;
    int error;
    while ((error = recording_read(reader, &picture)) == 0) {
        check(&picture);
        recording_picture_free(&picture);
    }
    require(error == 1 || error == -ENODATA || error == -EBADMSG || error == -EFBIG);
    for (unsigned kind = 0; kind < STATE_KINDS; kind++)
        require(picture.records.records[kind].blob == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    struct recording_reader *reader = NULL;
    int fd = memfd_create("recording", MFD_CLOEXEC);
    require(fd >= 0);
    if (size > 0)
        put_file(fd, data[0] % 5, data + 1, size - 1);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int error = recording_reader_new(&reader, path, MOST);
    require(error == 0 || error == -EBADMSG || error == -EPROTO);
    require(recording_is(path) == (error != -EBADMSG));
    if (error == 0)
        read_all(reader);
    if (error == 0)
        recording_reader_free(reader);
    close(fd);
    return 0;
}
