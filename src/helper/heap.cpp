/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "heap.hpp"

#include <cstddef>
#include <malloc.h>

#ifdef __GLIBC__

static constexpr std::size_t kept = 64 << 20;
static constexpr int step = 4 << 20;

/* mallinfo counts in int, and is all that older libraries have: Debian 11, and the wheel. */
static std::size_t count_free()
{
#if __GLIBC_PREREQ(2, 33)
    return mallinfo2().fordblks;
#else
    return static_cast<unsigned>(mallinfo().fordblks);
#endif
}

void heap_set_up()
{
    mallopt(M_TRIM_THRESHOLD, static_cast<int>(kept));
    mallopt(M_TOP_PAD, step);
}

void heap_release()
{
    malloc_trim(0);
}

void heap_release_excess()
{
    if (count_free() > kept)
        malloc_trim(0);
}

#else

void heap_set_up()
{
}

void heap_release()
{
}

void heap_release_excess()
{
}

#endif
