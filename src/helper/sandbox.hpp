/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_SANDBOX_HPP
#define CADCAST_HELPER_SANDBOX_HPP

#include <cstdint>

/*
 * Limits the damage of a shape that is made to exploit the kernel. The helper ends with its parent,
 * leaves no core, keeps no file but its two pipes, has no environment, and takes at most `memory`
 * bytes of address space (0: no limit). 0, or -1 if a system call failed.
 */
int confine(std::uint64_t memory);

/* From now on no file can be opened, no socket, process or program started: such calls fail with
 * EPERM. Reading, writing, memory and threads still work. 0; -1 if the system has no filter, which
 * is not fatal. */
int filter_calls();

#endif
