/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_OFFLINE_OFFLINE_H
#define CADCAST_OFFLINE_OFFLINE_H

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
 * message or a model file. An empty file, as /dev/null, is a model without parts. Blocks until it
 * is done. At most OFFLINE_MEMORY bytes for a message, and for the model. What the importer and the
 * helper have to say goes to standard error. 0 or an error, with the reason in `why`.
 */
int offline_read(const char *path, struct offline_model *model, struct text *why);

void offline_free(struct offline_model *model);

#endif
