/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "offline/exchange.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "export/export.h"
#include "offline/stage.h"
#include "process/paths.h"

/* Writes all into a new file, whose path is put into `path`. */
static int put(const void *data, size_t size, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.*s/cadcast-XXXXXX", PATH_MAX - 20, stage_folder());
    int fd = mkstemp(path);
    if (fd < 0)
        return -errno;
    int error = file_write(fd, data, size);
    if (close(fd) < 0 && error == 0)
        error = -errno;
    if (error < 0)
        unlink(path);
    return error;
}

int exchange_file(const void *step, size_t size, struct offline_model *out, struct text *why)
{
    char path[PATH_MAX], reason[64];
    char *const paths[] = { path };
    const struct offline_files files = { .paths = paths, .count = 1, .tree_only = true };
    *out = (struct offline_model){ 0 };
    int error = put(step, size, path);
    if (error < 0) {
        text_add(why, error_text(error, reason, sizeof(reason)));
        return error;
    }
    error = offline_read_files(&files, out, why);
    unlink(path);
    return error;
}

int exchange_model(const struct offline_model *model, struct offline_model *out, struct text *why)
{
    char program[PATH_MAX] = "";
    struct export_result result = { 0 };
    paths_importer(program, sizeof(program));
    const struct export_exact_source exact = { .parts = model->exact,
                                               .program = program,
                                               .name = "model" };
    const struct export_options options = { .format = EXPORT_STEP,
                                            .exact = &exact,
                                            .max_bytes = OFFLINE_MEMORY };
    *out = (struct offline_model){ 0 };
    int error = export_write(model->file.bytes->data, model->file.bytes->size, &options, &result);
    if (error < 0)
        text_add(why, result.fault);
    else
        error = exchange_file(result.bytes->data, result.bytes->size, out, why);
    blob_unref(result.bytes);
    return error;
}
