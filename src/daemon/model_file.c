/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/server.h"
#include "net/work.h"
#include "view/model.h"

/* One conversion on the pool. */
struct conversion {
    struct work work;
    struct server *server;
    struct blob *message;
    size_t offset;
    char session[SESSION_NAME_MAX + 1]; /* by name: it may be gone when the answer comes */
    uint64_t number;
    size_t limit;
    struct model_file file;
    int status;
};

static void run(struct work *work)
{
    struct conversion *job = (struct conversion *)work;
    struct model_options options = { .max_bytes = job->limit };
    job->status = model_convert(job->message, job->offset, &options, &job->file);
    /* What the page cannot decode it has to get as text. */
    if (job->status == 0 && job->file.left > 0) {
        model_file_free(&job->file);
        job->status = -ENOTSUP;
    }
}

static void done(struct work *work, int status)
{
    struct conversion *job = (struct conversion *)work;
    struct server *server = job->server;
    struct session *session = hub_find(&server->hub, job->session);
    char text[64];
    server->jobs--;
    if (status < 0)
        job->status = status;
    if (job->status < 0)
        log_warning(&server->log, "model", "session %s: model stays as text: %s", job->session,
                    error_text(job->status, text, sizeof(text)));
    else
        log_debug(&server->log, "model", "session %s: %zu bytes of text, %zu binary, %.1f ms wait",
                  job->session, job->message->size, job->file.bytes->size,
                  (double)work->waited / 1e6);
    if (session != NULL)
        session_converted(session, job->number, job->status, &job->file);
    else if (job->status == 0)
        model_file_free(&job->file);
    blob_unref(job->message);
    free(job);
}

void model_file_convert(struct server *server, struct session *session)
{
    struct conversion *job = calloc(1, sizeof(*job));
    if (job != NULL) {
        job->server = server;
        job->message = blob_ref(session->model);
        job->offset = session->model_offset;
        job->number = session->number;
        job->limit = server->options->max_memory;
        snprintf(job->session, sizeof(job->session), "%s", session->name);
        if (work_start(&job->work, server->loop, run, done) == 0) {
            server->jobs++;
            return;
        }
        blob_unref(job->message);
        free(job);
    }
    /* Without it every browser gets the text. */
    session->file_state = FILE_FAILED;
}

/* Reads "bytes=FIRST-LAST" (RFC 9110 section 14.1.2), one range only. 0: there is none that we
 * serve in part; 1: *first and *size are set; below 0: it cannot be satisfied. */
static int parse_range(const char *value, size_t total, size_t *first, size_t *size)
{
    char *end = NULL;
    if (value == NULL || strncmp(value, "bytes=", 6) != 0 || strchr(value, ',') != NULL)
        return 0;
    value += 6;
    if (*value == '-') {
        unsigned long long last = strtoull(value + 1, &end, 10);
        if (end == value + 1 || *end != '\0')
            return 0;
        if (last == 0)
            return -1;
        *size = last < total ? (size_t)last : total;
        *first = total - *size;
        return 1;
    }
    unsigned long long from = strtoull(value, &end, 10);
    if (end == value || *end != '-')
        return 0;
    const char *rest = end + 1;
    unsigned long long to = *rest == '\0' ? total - 1 : strtoull(rest, &end, 10);
    if ((*rest != '\0' && (end == rest || *end != '\0')) || to < from)
        return 0;
    if (from >= total)
        return -1;
    *first = (size_t)from;
    *size = (size_t)((to < total - 1 ? to : total - 1) - from + 1);
    return 1;
}

static void respond(struct server *server, struct http *http, const struct model_file *file)
{
    char headers[1200];
    char range[96] = "";
    size_t total = file->bytes->size;
    size_t first = 0;
    size_t size = total;
    const char *match = http_header(http, "If-None-Match");
    const char *if_range = http_header(http, "If-Range");
    bool same = match != NULL && strstr(match, file->hash) != NULL;
    bool ranged = if_range == NULL || strstr(if_range, file->hash) != NULL;
    int part = ranged ? parse_range(http_header(http, "Range"), total, &first, &size) : 0;
    if (part < 0) {
        snprintf(headers, sizeof(headers), "Content-Range: bytes */%zu\r\n", total);
        http_respond_text(http, 416, "range not satisfiable", headers);
        return;
    }
    if (part > 0)
        snprintf(range, sizeof(range), "Content-Range: bytes %zu-%zu/%zu\r\n", first,
                 first + size - 1, total);
    snprintf(headers, sizeof(headers),
             "ETag: \"%s\"\r\nCache-Control: private, max-age=31536000, immutable\r\n"
             "Accept-Ranges: bytes\r\n%s%s",
             file->hash, range, server->page.security);
    struct http_response response = { .status = same ? 304 : part > 0 ? 206 : 200,
                                      .type = same ? NULL : "application/octet-stream",
                                      .headers = headers,
                                      .blob = same ? NULL : file->bytes,
                                      .offset = first,
                                      .size = same ? 0 : size };
    if (!same)
        server->bytes_out += size;
    http_respond(http, &response);
}

void model_file_respond(struct server *server, struct conn *conn, struct http *http,
                        const char *session_name, const char *hash)
{
    struct session *session = hub_find(&server->hub, session_name);
    if (session == NULL || session->file_state != FILE_READY ||
        strcmp(session->file.hash, hash) != 0)
        http_respond_text(http, 404, "this model is not held any more", server->page.security);
    else
        respond(server, http, &session->file);
}
