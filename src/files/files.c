/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "files/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conn/front.h"
#include "files/import.h"

/* Imports that run at the same time, each in a session of its own; and that wait. */
#define RUNNING_MAX 4
#define WAITING_MAX 8

void files_init(struct files *files, struct front *front, const char *program)
{
    files->front = front;
    list_init(&files->imports);
    snprintf(files->program, sizeof(files->program), "%s", program);
}

/* Whether an import of that session runs. */
static bool is_busy(const struct files *files, const char *session)
{
    list_each(pos, next, &files->imports) {
        const struct import *import = list_entry(pos, struct import, link);
        if (import->started && strcmp(import->session, session) == 0)
            return true;
    }
    return false;
}

bool files_busy(const struct files *files, const char *session)
{
    list_each(pos, next, &files->imports) {
        if (strcmp(list_entry(pos, struct import, link)->session, session) == 0)
            return true;
    }
    return false;
}

static void start_some(struct files *files)
{
    list_each(pos, next, &files->imports) {
        struct import *import = list_entry(pos, struct import, link);
        if (files->running == RUNNING_MAX)
            return;
        if (import->started || is_busy(files, import->session))
            continue;
        files->running++;
        import_start(import, files->program);
    }
}

static void on_over(void *owner, struct import *import)
{
    struct files *files = owner;
    list_remove(&import->link);
    files->count--;
    files->running -= import->started;
    files->shown += import->outcome == IMPORT_SHOWN;
    files->failed += import->outcome == IMPORT_FAILED;
    start_some(files);
}

static void on_closed(void *owner, struct import *import)
{
    import_free(import);
}

/* The status against a request, with the reason in `why`; 0: it is taken. */
static int check(const struct files *files, const struct http *http, struct text *why)
{
    uint64_t most = files->front->options->max_import;
    uint64_t size = http_body_announced(http);
    if (files->front->options->read_only) {
        text_add(why, "this server may only be looked at: it runs with --read-only");
        return 403;
    }
    if (files->program[0] == '\0') {
        text_add(why, "files cannot be read here: cadcast-import is not installed");
        return 501;
    }
    if (size > most) {
        text_format(why, "%" PRIu64 " bytes are more than %" PRIu64 " (--max-import)", size, most);
        return 413;
    }
    if (files->count >= RUNNING_MAX + WAITING_MAX) {
        text_add(why, "too many files are being read: try again");
        return 503;
    }
    return 0;
}

void files_put(struct files *files, struct conn *conn, struct http *http, const char *session,
               const char *name)
{
    static const struct import_events events = { .over = on_over, .closed = on_closed };
    struct request request;
    struct text why = { 0 };
    struct import *import = NULL;
    http->problems = true;
    int status = check(files, http, &why);
    if (status == 0)
        status = request_read(&request, http, name, &why);
    if (status == 0 && !http->body_due) {
        status = 400;
        text_add(&why, "the request has no body: send the file, as with curl -T FILE URL");
    }
    if (status == 0) {
        import = import_new(files->front, conn, http, &request, session, &events, files);
        status = import == NULL ? 503 : 0;
    }
    if (status != 0) {
        files->failed++;
        log_warning(files->front->log, "import", "session %s: a file from %s: %d: %s", session,
                    conn->name, status, text_string(&why));
        http_respond_text(http, status, why.size == 0 ? "out of memory" : text_string(&why),
                          status == 503 ? "Retry-After: 5\r\n" : NULL);
    } else {
        list_append(&files->imports, &import->link);
        files->count++;
        start_some(files);
    }
    text_free(&why);
}
