/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/memory.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/spares.h"
#include "daemon/server.h"
#include "net/work.h"

/* So much has to have come and gone: giving back what is wanted again at once only costs. */
#define WORTH_IT (1024 * 1024)

void memory_start(void)
{
#ifdef __GLIBC__
    /* Of all arenas only the first gives back its end. The pool's threads need memory seldom, and
     * then much of it, so that they need none of their own. */
    mallopt(M_ARENA_MAX, 1);
#endif
}

struct memory_heap memory_heap(void)
{
    struct memory_heap heap = { 0 };
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 info = mallinfo2();
    heap.bytes = info.arena;
    heap.used = info.uordblks;
    heap.mapped = info.hblkhd;
#endif
    return heap;
}

/* Ticks for which a large block is kept for the next model: somebody who works on one shows it
 * again and again. */
#define SPARE_TICKS 40

/* Milliseconds until memory is given back though there is no quiet moment. */
#define BUSY_PAUSE 60000

struct trim {
    struct work work;
    struct server *server;
    bool heap; /* too */
};

/* Walks all free memory, so it may take some milliseconds. */
static void run_trim(struct work *work)
{
    struct trim *trim = (struct trim *)work;
    spares_release(trim->server->spares);
#ifdef __GLIBC__
    if (trim->heap)
        malloc_trim(0);
#endif
}

static void done_trim(struct work *work, int status)
{
    struct trim *trim = (struct trim *)work;
    trim->server->jobs--;
    trim->server->memory.trimming = false;
    free(trim);
}

/* Whether the heap's free memory is to be given back: much has gone, and it is quiet, or has not
 * been for long. */
static bool heap_is_due(struct server *server)
{
    struct memory *memory = &server->memory;
    uint64_t moved = server->bytes_in + server->hub.released;
    uint64_t now = uv_now(server->loop);
    bool quiet = moved == memory->seen && server->hub.in_flight == 0;
    memory->seen = moved;
    if (moved - memory->trimmed < WORTH_IT || (!quiet && now - memory->at < BUSY_PAUSE))
        return false;
    memory->trimmed = moved;
    memory->at = now;
    return true;
}

void memory_tick(struct server *server)
{
    struct memory *memory = &server->memory;
    bool unwanted = spares_age(server->spares, SPARE_TICKS);
    if (memory->trimming)
        return;
    bool heap = heap_is_due(server);
    if (!heap && !unwanted)
        return;
    struct trim *trim = malloc(sizeof(*trim));
    if (trim == NULL)
        return;
    trim->server = server;
    trim->heap = heap;
    if (work_start(&trim->work, server->loop, run_trim, done_trim) < 0) {
        free(trim);
        return;
    }
    memory->trimming = true;
    server->jobs++;
}
