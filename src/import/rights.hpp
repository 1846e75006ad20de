/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_RIGHTS_HPP
#define CADCAST_IMPORT_RIGHTS_HPP

#include <cstdint>

/*
 * To be called before the first byte of a file is looked at, and after all files are open. From
 * then on no file, socket, process or program can be opened or started: no descriptor is left for
 * one, Landlock allows no path (Linux 5.13 and later), and the filter of system calls of the
 * geometry helper is on. `seconds`: of processor time, then the program is ended; 0: no limit. What
 * the system does not have is left out: each of them is enough.
 */
void give_up_rights(std::uint64_t seconds);

#endif
