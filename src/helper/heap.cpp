/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "heap.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <malloc.h>

/* Sanitizers have a heap of their own. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <dlfcn.h>

/* The largest block, in bytes, that malloc keeps for the thread that freed it. */
static constexpr std::size_t cached = 1032;

static void *of_library(std::size_t count, std::size_t size)
{
    using function = void *(*)(std::size_t, std::size_t);
    /* Before glibc 2.34 dlsym itself has a small block cleared, which must not come here again. */
    static const auto own = reinterpret_cast<function>(dlsym(RTLD_NEXT, "calloc"));
    return own(count, size);
}

/*
 * OCCT has everything it allocates cleared. Before glibc 2.41 calloc does not take what the thread
 * has freed, but asks the heap that all threads share, which is a sixth of the time of meshing
 * small shapes. Blocks that malloc would not keep are the library's own: the large ones among them
 * come from the system, which has cleared them.
 */
extern "C" void *calloc(std::size_t count, std::size_t size) noexcept
{
    std::size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > cached)
        return of_library(count, size);
    void *block = std::malloc(bytes);
    /* A compiler that sees where the block comes from makes a call of calloc of both. */
    __asm__ volatile("" : "+r"(block));
    return block == nullptr ? nullptr : std::memset(block, 0, bytes);
}

#endif

#ifdef __GLIBC__

static constexpr std::size_t kept = 64 << 20;
static constexpr int step = 4 << 20;

/* Bytes after which it is looked at what is free: that takes as long as a small shape's arrays. */
static constexpr std::size_t looked_at_after = 16 << 20;

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
    mallopt(M_MMAP_THRESHOLD, step);
}

void heap_release()
{
    malloc_trim(0);
}

void heap_release_excess(std::size_t used)
{
    static std::size_t since = 0;
    since += used;
    if (since < looked_at_after)
        return;
    since = 0;
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

void heap_release_excess(std::size_t)
{
}

#endif
