/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "conn/conn_events.h"

#include <string.h>

#include "conn/conn_timeout.h"

static const char type[] = "text/event-stream; charset=utf-8";
static const char headers[] = "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n";

static void answer_head(struct http *http)
{
    const struct http_response response = { .status = 200, .type = type, .headers = headers };
    http_respond(http, &response);
}

bool conn_events_begin(struct conn *conn)
{
    struct text head = { 0 };
    struct http *http = conn->http;
    if (strcmp(http_method(http), "HEAD") == 0) {
        answer_head(http);
        return false;
    }
    text_format(&head, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s%sConnection: close\r\n\r\n", type,
                http->common == NULL ? "" : http->common, headers);
    if (text_error(&head) < 0) {
        http_respond_text(http, 503, "out of memory", "Retry-After: 1\r\n");
    } else {
        conn->events = true;
        conn_timeout_start(conn, CONN_WAIT_EVENTS);
        http_take_over(http, head.data, head.size);
        http->started = false;
    }
    text_free(&head);
    return conn->events && !conn->closing;
}

void conn_events_send(struct conn *conn, const char *data, size_t size)
{
    if (conn->closing || conn->wait != CONN_WAIT_EVENTS)
        return;
    if (stream_queued(&conn->stream) + size > CONN_EVENTS_QUEUE) {
        conn_complain(conn, "closed, receives events too slowly", NULL);
        conn_finish(conn);
        return;
    }
    conn_write(conn, data, size, NULL, 0, 0);
}
