/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "server/demo.h"

#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "server/server.h"
#include "view/message.h"

#define DEMO_MAX (16 * 1024 * 1024)

static struct blob *load(struct server *server, const char *name)
{
    char path[4096];
    char why[64];
    struct text text = { 0 };
    snprintf(path, sizeof(path), "%s/data/%s", server->data_folder, name);
    int error = file_read(path, DEMO_MAX, &text, NULL);
    struct blob *blob = error < 0 ? NULL : blob_copy(text.data, text.size);
    text_free(&text);
    if (blob == NULL)
        log_warning(&server->log, "demo", "%s: %s", path, error_text(error, why, sizeof(why)));
    else
        message_received(blob);
    return blob;
}

void demo_show(struct server *server)
{
    int error;
    struct session *session = hub_session(&server->hub, SESSION_DEFAULT, &error);
    struct blob *model = load(server, "demo.msg");
    struct blob *parts = load(server, "demo-backend.msg");
    if (parts != NULL)
        hub_parts(&server->hub, session, parts);
    if (model != NULL)
        hub_model(&server->hub, session, model);
    blob_unref(model);
    blob_unref(parts);
}
