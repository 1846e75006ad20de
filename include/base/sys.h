/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_SYS_H
#define CADCAST_BASE_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * Differences between Linux, its C libraries and macOS, hidden from all other files. Those of
 * sockets are in net/socket.h.
 */

/* Whether this is macOS: for keys and programs with other names there, not for calls. */
bool sys_is_mac(void);

/* Nanoseconds since 1970 at which the contents, or anything about the file, changed last. Hides
 * the names of these fields: st_mtim, and st_mtimespec on macOS. */
int64_t sys_modified(const struct stat *st);
int64_t sys_changed(const struct stat *st);

/* The time by the clock that files' times come from. Hides that Linux has a quicker one for them,
 * which is some milliseconds behind. */
int64_t sys_file_clock(void);

/* A close-on-exec pipe. 0 or -errno. Hides pipe2, which macOS 15 lacks: there a program that
 * another thread starts at the same moment may inherit the ends. */
int sys_pipe(int ends[2]);

/* Makes `of` a duplicate of `fd`, close-on-exec unless `inherited`. 0 or -errno. Hides dup3. */
int sys_duplicate(int fd, int of, bool inherited);

/* Fills `size` bytes, 256 at most, with random ones. 0 or -errno. Hides the header of getentropy,
 * which differs; getrandom is Linux's alone. */
int sys_random(void *bytes, size_t size);

/* Processors that this system has; at least 1. */
unsigned sys_processors(void);

/* Sleeps that long, whatever signals come; never on the loop. */
void sys_pause(unsigned ms);

/* Lets all other threads go first, for as long as the calling thread lives. Hides that Linux has a
 * priority for each thread; elsewhere nothing changes. */
void sys_thread_background(void);

/* Writes a file's contents to the disk, with the metadata that reading them needs. 0 or -errno.
 * Hides fdatasync, and that fsync on macOS stops at the disk's cache. */
int sys_sync(int fd);

/* Whether the system tells of changes in that folder (inotify): not of those that other machines,
 * or the host of a virtual one, make in a file system of theirs (9P, NFS, SMB, FUSE and the like).
 * Hides statfs, which differs. */
bool sys_tells_changes(const char *folder);

/* The environment, as a list that ends with NULL; not a copy. Hides that a library of macOS has no
 * `environ`. */
char **sys_environment(void);

/* Resizes a mapping of `size` bytes to `wanted`, perhaps at another address. NULL: it is unchanged,
 * because the system refuses, or because it has no mremap (macOS). */
void *sys_remap(void *start, size_t size, size_t wanted);

/* The resident set size of a process in bytes, or 0 if the system does not report it. Hides
 * /proc. */
uint64_t sys_resident(long pid);

/* The allocator's memory, in bytes; all 0 if it does not report it (only glibc does). */
struct sys_heap {
    uint64_t bytes;  /* size of the heap, free or in use */
    uint64_t used;   /* of these, in use */
    uint64_t mapped; /* large blocks with a mapping of their own */
};

struct sys_heap sys_heap(void);

/* Makes all threads allocate from one heap, whose free end can be returned to the system; with
 * glibc's further heaps (arenas) it cannot. Call it before the first thread starts. Other
 * allocators are unchanged. */
void sys_heap_share(void);

/* Returns the heap's free memory to the system: takes some milliseconds with glibc; other
 * allocators decide themselves. */
void sys_heap_trim(void);

#endif
