/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_OFFLINE_OFFLINE_H
#define CADCAST_OFFLINE_OFFLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "model/model.h"

#define OFFLINE_MEMORY ((size_t)2 << 30)

/* A file as a server would show it, made without one. */
struct offline_model {
    struct model_file file;
    struct blob *exact; /* the message with its exact geometry; NULL: it has none */
};

/*
 * Reads a CAD file with cadcast-import, and meshes its shapes with cadcast-geometry; or a recorded
 * message, a model file, or what a recording shows last. An empty file, as /dev/null, is a model
 * without parts. Blocks until it is done. At most OFFLINE_MEMORY bytes for a message, and for the
 * model. What the importer and the helper have to say goes to standard error. 0 or an error, with
 * the reason in `why`.
 */
int offline_read(const char *path, struct offline_model *model, struct text *why);

/* Files as a server would show them together, and how they are read. */
struct offline_files {
    char *const *paths;
    size_t count;
    bool unhealed;         /* STEP, IGES: shapes are not repaired */
    const char *deviation; /* of the triangles, as `cadcast open` takes it; NULL: the default */
    bool tree_only;        /* exact geometry is not meshed: the model file has the tree alone */
};

/* The same with several files, which become one tree; only a single one may be recorded. */
int offline_read_files(const struct offline_files *files, struct offline_model *model,
                       struct text *why);

void offline_free(struct offline_model *model);

#endif
