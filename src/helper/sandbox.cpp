/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "sandbox.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

/* A sanitizer reserves terabytes of addresses, and makes calls that the filter refuses. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static constexpr bool sanitized = true;
#else
static constexpr bool sanitized = false;
#endif

static int limit(int what, rlim_t value)
{
    struct rlimit both = { value, value };
    return setrlimit(what, &both);
}

static void close_from(unsigned first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
#endif
    for (int fd = static_cast<int>(first); fd < 1024; fd++)
        close(fd);
}

int confine(std::uint64_t memory)
{
    int result = 0;
    pid_t parent = getppid();
    /* If the parent ended before the prctl, the comparison notices it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        result = -1;
    close_from(3);
    clearenv();
    if (chdir("/") != 0 || limit(RLIMIT_CORE, 0) != 0)
        result = -1;
    if (memory != 0 && !sanitized && limit(RLIMIT_AS, memory) != 0)
        result = -1;
    return result;
}

#if defined(__x86_64__)
#define CALL_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CALL_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef CALL_ARCH

/* The filter is short and needs no library: with libseccomp it would be missing wherever that was
 * when the helper was built. */

/* The low half of argument `index`; both architectures are little-endian. */
static std::uint32_t argument(unsigned index)
{
    return static_cast<std::uint32_t>(offsetof(struct seccomp_data, args) + 8 * index);
}

static void load(std::vector<sock_filter> &program, std::uint32_t offset)
{
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void give(std::vector<sock_filter> &program, std::uint32_t verdict)
{
    program.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* For the call `number`: allows it if argument `index` has all (`wanted`) or none (!`wanted`) of
 * `bits` set, else refuses it. */
static void allow_if(std::vector<sock_filter> &program, int number, unsigned index,
                     std::uint32_t bits, bool wanted)
{
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 4));
    load(program, argument(index));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, static_cast<__u8>(!wanted),
                               static_cast<__u8>(wanted)));
    give(program, SECCOMP_RET_ALLOW);
    give(program, SECCOMP_RET_ERRNO | EPERM);
}

static void verdict_for(std::vector<sock_filter> &program, int number, std::uint32_t verdict)
{
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    give(program, verdict);
}

static std::vector<sock_filter> make_program()
{
    static const int allowed[] = {
        SYS_read,
        SYS_write,
        SYS_readv,
        SYS_writev,
        SYS_close,
        SYS_lseek,
        SYS_munmap,
        SYS_mremap,
        SYS_madvise,
        SYS_brk,
        SYS_futex,
        SYS_set_robust_list,
        SYS_sched_yield,
        SYS_sched_getaffinity,
        SYS_gettid,
        SYS_getpid,
        SYS_tgkill,
        SYS_rt_sigaction,
        SYS_rt_sigprocmask,
        SYS_rt_sigreturn,
        SYS_sigaltstack,
        SYS_exit,
        SYS_exit_group,
        SYS_clock_gettime,
        SYS_clock_nanosleep,
        SYS_nanosleep,
        SYS_gettimeofday,
        SYS_getrandom,
        SYS_membarrier,
        SYS_restart_syscall,
        SYS_fstat,
        SYS_getrusage,
#ifdef SYS_rseq
        SYS_rseq,
#endif
    };
    std::vector<sock_filter> program;
    load(program, offsetof(struct seccomp_data, arch));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL_ARCH, 1, 0));
    give(program, SECCOMP_RET_KILL_PROCESS);
    load(program, offsetof(struct seccomp_data, nr));
    for (int number : allowed)
        verdict_for(program, number, SECCOMP_RET_ALLOW);
#ifdef SYS_clone3
    /* Its flags are in memory that a filter cannot read; without it the C library uses clone. */
    verdict_for(program, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif
    allow_if(program, SYS_clone, 0, CLONE_THREAD, true);
    allow_if(program, SYS_mmap, 2, PROT_EXEC, false);
    allow_if(program, SYS_mprotect, 2, PROT_EXEC, false);
    give(program, SECCOMP_RET_ERRNO | EPERM);
    return program;
}

int filter_calls()
{
    if (sanitized)
        return -1;
    std::vector<sock_filter> program = make_program();
    struct sock_fprog filter = { static_cast<unsigned short>(program.size()), program.data() };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 ? 0 : -1;
}

#else

int filter_calls()
{
    return -1;
}

#endif
