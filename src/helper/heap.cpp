/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "heap.hpp"

#include <cstddef>
#include <malloc.h>

#ifdef __GLIBC__

static constexpr std::size_t kept = 64 << 20;
static constexpr int step = 4 << 20;

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
    if (mallinfo2().fordblks > kept)
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
