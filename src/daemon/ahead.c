/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/ahead.h"

#include <stdlib.h>

#include "base/blob.h"
#include "daemon/server.h"
#include "net/work.h"

/* The memory found is up to so many times what has come. */
#define TIMES 4

struct finding {
    struct work work;
    struct server *server;
    struct blob *blob;
    size_t upto;
};

static void run_finding(struct work *work)
{
    struct finding *finding = (struct finding *)work;
    blob_prepare(finding->blob, finding->upto);
}

static void done_finding(struct work *work, int status)
{
    struct finding *finding = (struct finding *)work;
    server_job_done(finding->server, work, "memory for a message");
    blob_unref(finding->blob);
    free(finding);
}

void ahead(struct server *server, struct blob *blob, size_t total, size_t *asked)
{
    size_t upto = total / TIMES < blob->size ? total : blob->size * TIMES;
    /* One at a time, and not for every piece: while half of what was found is left, that will do.
     */
    if ((*asked > 0 && blob_is_fresh(blob, *asked)) || !blob_is_fresh(blob, total) ||
        !blob_is_fresh(blob, blob->size + (upto - blob->size) / 2))
        return;
    struct finding *finding = malloc(sizeof(*finding));
    if (finding == NULL)
        return;
    *finding = (struct finding){ .server = server, .blob = blob, .upto = upto };
    if (work_start(&finding->work, server->loop, run_finding, done_finding) < 0) {
        free(finding);
        return;
    }
    blob_ref(blob);
    server->jobs++;
    *asked = upto;
}
