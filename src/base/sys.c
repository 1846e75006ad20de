/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#ifdef __APPLE__
#include <sys/mount.h>
#include <sys/param.h>
#else
#include <sys/vfs.h>
#endif
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <crt_externs.h>
#include <libproc.h>
#include <sys/random.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef __linux__
#include <sys/syscall.h>
#endif

#define SECOND INT64_C(1000000000)

/* ---- macOS ---- */

#ifdef __APPLE__

bool sys_is_mac(void)
{
    return true;
}

int64_t sys_modified(const struct stat *st)
{
    return st->st_mtimespec.tv_sec * SECOND + st->st_mtimespec.tv_nsec;
}

int64_t sys_changed(const struct stat *st)
{
    return st->st_ctimespec.tv_sec * SECOND + st->st_ctimespec.tv_nsec;
}

int sys_pipe(int ends[2])
{
    if (pipe(ends) < 0)
        return -errno;
    if (fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0)
        return 0;
    int error = -errno;
    close(ends[0]);
    close(ends[1]);
    return error;
}

int sys_duplicate(int fd, int of, bool inherited)
{
    if (dup2(fd, of) < 0 || (!inherited && fcntl(of, F_SETFD, FD_CLOEXEC) < 0))
        return -errno;
    return 0;
}

int sys_sync(int fd)
{
    /* File systems that are not Apple's may refuse the first. */
    return fcntl(fd, F_FULLFSYNC) < 0 && fsync(fd) < 0 ? -errno : 0;
}

char **sys_environment(void)
{
    return *_NSGetEnviron();
}

bool sys_tells_changes(const char *folder)
{
    struct statfs system;
    return statfs(folder, &system) == 0 && (system.f_flags & MNT_LOCAL) != 0;
}

void *sys_remap(void *start, size_t size, size_t wanted)
{
    return NULL;
}

uint64_t sys_resident(long pid)
{
    struct proc_taskinfo info;
    int size = proc_pidinfo((int)pid, PROC_PIDTASKINFO, 0, &info, sizeof(info));
    return size == (int)sizeof(info) ? info.pti_resident_size : 0;
}

/* ---- Linux ---- */

#else

bool sys_is_mac(void)
{
    return false;
}

int64_t sys_modified(const struct stat *st)
{
    return st->st_mtim.tv_sec * SECOND + st->st_mtim.tv_nsec;
}

int64_t sys_changed(const struct stat *st)
{
    return st->st_ctim.tv_sec * SECOND + st->st_ctim.tv_nsec;
}

int sys_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
}

int sys_duplicate(int fd, int of, bool inherited)
{
    return dup3(fd, of, inherited ? 0 : O_CLOEXEC) < 0 ? -errno : 0;
}

int sys_sync(int fd)
{
    return fdatasync(fd) < 0 ? -errno : 0;
}

char **sys_environment(void)
{
    return environ;
}

bool sys_tells_changes(const char *folder)
{
    /* From linux/magic.h: 9P, NFS, SMB, CIFS, SMB 2, FUSE, VirtualBox, Ceph, AFS. */
    static const uint32_t remote[] = { 0x01021997, 0x6969,     0x517b,     0xff534d42, 0xfe534d42,
                                       0x65735546, 0x786f4256, 0x00c36400, 0x5346414f };
    struct statfs system;
    if (statfs(folder, &system) < 0)
        return false;
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
        if ((uint32_t)system.f_type == remote[i])
            return false;
    }
    return true;
}

void *sys_remap(void *start, size_t size, size_t wanted)
{
    void *moved = mremap(start, size, wanted, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}

uint64_t sys_resident(long pid)
{
    char path[64];
    char line[128];
    uint64_t pages = 0;
    snprintf(path, sizeof(path), "/proc/%ld/statm", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    /* The second number of the line is the resident size; the first one is that of the address
     * space. */
    const char *second = fgets(line, sizeof(line), file) == NULL ? NULL : strchr(line, ' ');
    if (second != NULL)
        pages = strtoull(second, NULL, 10);
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

#endif

int64_t sys_file_clock(void)
{
    struct timespec now;
#ifdef CLOCK_REALTIME_COARSE
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
#else
    clock_gettime(CLOCK_REALTIME, &now);
#endif
    return now.tv_sec * SECOND + now.tv_nsec;
}

unsigned sys_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (unsigned)count;
}

void sys_pause(unsigned ms)
{
    struct timespec left = { ms / 1000, ms % 1000 * 1000000L };
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}

void sys_thread_background(void)
{
#ifdef __linux__
    /* POSIX has this for processes; to Linux the id of a thread means that thread. */
    enum { NICE = 5 };
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
#endif
}

int sys_random(void *bytes, size_t size)
{
    return getentropy(bytes, size) < 0 ? -errno : 0;
}

/* ---- the allocator ---- */

#ifdef __GLIBC__

struct sys_heap sys_heap(void)
{
    struct sys_heap heap = { 0 };
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 33
    struct mallinfo2 info = mallinfo2();
    heap.bytes = info.arena;
    heap.used = info.uordblks;
    heap.mapped = info.hblkhd;
#endif
    return heap;
}

void sys_heap_share(void)
{
    mallopt(M_ARENA_MAX, 1);
}

void sys_heap_trim(void)
{
    malloc_trim(0);
}

#else

struct sys_heap sys_heap(void)
{
    return (struct sys_heap){ 0 };
}

void sys_heap_share(void)
{
}

void sys_heap_trim(void)
{
}

#endif
