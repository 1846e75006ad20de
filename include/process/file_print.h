/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_FILE_PRINT_H
#define CADCAST_PROCESS_FILE_PRINT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A number that is another one once the file was saved: made from its identity, its time and its
 * size, which is quicker than reading it. 0: there is no such file. Of a folder it is made from all
 * files in it, 16 folders deep, but hidden ones, those whose name ends with "~", and __pycache__
 * and node_modules; `folder` is called with the path of each folder that was read. `*empty`: it is
 * an empty file. Blocks on the disk.
 */
uint64_t file_print(const char *path, bool *empty, void (*folder)(void *arg, const char *path),
                    void *arg);

#endif
