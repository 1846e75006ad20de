/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Whatever a file holds: it is a picture or it is not, and a picture that is written again is the
 * same. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "state/state_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
    const uint8_t *data;
    size_t size;
};

static void require(int holds)
{
    if (!holds)
        abort();
}

static int read_memory(void *owner, uint64_t at, void *to, size_t size)
{
    const struct memory *memory = owner;
    require(at <= memory->size && size <= memory->size - at);
    memcpy(to, memory->data + at, size);
    return 0;
}

static int parse(const uint8_t *data, size_t size, struct state_records *picture,
                 struct state_place *place)
{
    struct memory memory = { data, size };
    struct state_source source = { &memory, size, read_memory };
    return state_file_read(&source, picture, place);
}

static void write_and_read(const struct state_records *picture)
{
    struct state_records again;
    struct state_place place, found;
    int fd = memfd_create("state", MFD_CLOEXEC);
    require(state_file_write(fd, picture, &place) == 0);
    uint8_t *data = malloc(place.size);
    require(pread(fd, data, place.size, 0) == (ssize_t)place.size);
    require(parse(data, place.size, &again, &found) == 0);
    require(memcmp(&place, &found, sizeof(place)) == 0);
    require(strcmp(picture->name, again.name) == 0 && picture->number == again.number);
    require(state_file_append(fd, &again, &found) == 1);
    state_records_free(&again);
    free(data);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state_records picture;
    struct state_place place;
    int error = parse(data, size, &picture, &place);
    if (error < 0) {
        for (unsigned kind = 0; kind < STATE_KINDS; kind++)
            require(picture.records[kind].blob == NULL);
        return 0;
    }
    require(place.size <= size && place.whole <= place.size && session_name_ok(picture.name));
    write_and_read(&picture);
    state_records_free(&picture);
    return 0;
}
