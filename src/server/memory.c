/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/memory.h"

#include <stdlib.h>

#include "base/block_cache.h"
#include "base/sys.h"
#include "conn/front.h"
#include "loop/work.h"

/* Bytes that must have been received or freed since the last trim before another is worth its
 * cost. */
#define TRIM_MIN (1024 * 1024)

/* Ticks for which a large block is kept for the next model: during work on a model it is shown
 * again and again. */
#define KEPT_TICKS 40

/* Milliseconds after which memory is trimmed even if pictures are freed all the time. */
#define BUSY_PAUSE 60000

struct trim {
    struct work work;
    struct memory *memory;
    struct block_cache *blocks;
    bool heap; /* too */
};

/* Walks all free memory, so it may take some milliseconds. */
static void run_trim(struct work *work)
{
    struct trim *trim = (struct trim *)work;
    block_cache_release(trim->blocks);
    if (trim->heap)
        sys_heap_trim();
}

static void done_trim(struct work *work, int status)
{
    struct trim *trim = (struct trim *)work;
    trim->memory->trimming = false;
    free(trim);
}

/* Whether to trim the heap: enough bytes have moved since the last trim, and there were none since
 * the last tick, or the last trim is BUSY_PAUSE ago. */
static bool heap_is_due(struct memory *memory, const struct front *front)
{
    uint64_t moved = front->bytes_in + front->hub->view.retained.released;
    uint64_t now = uv_now(front->loop);
    bool quiet = moved == memory->seen && front->hub->in_flight == 0;
    memory->seen = moved;
    if (moved - memory->trimmed < TRIM_MIN || (!quiet && now - memory->at < BUSY_PAUSE))
        return false;
    memory->trimmed = moved;
    memory->at = now;
    return true;
}

void memory_tick(struct memory *memory, struct front *front)
{
    bool unwanted = block_cache_age(front->blocks, KEPT_TICKS);
    if (memory->trimming)
        return;
    bool heap = heap_is_due(memory, front);
    if (!heap && !unwanted)
        return;
    struct trim *trim = malloc(sizeof(*trim));
    if (trim == NULL)
        return;
    trim->memory = memory;
    trim->blocks = front->blocks;
    trim->heap = heap;
    if (work_start(&trim->work, &front->jobs, "trim", run_trim, done_trim) < 0) {
        free(trim);
        return;
    }
    memory->trimming = true;
}
