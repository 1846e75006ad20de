/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/metrics.h"

#include <stdio.h>

#include "daemon/server.h"

static void add(struct text *out, const char *name, const char *kind, const char *help,
                uint64_t value)
{
    text_format(out, "# HELP cadcast_%s %s\n# TYPE cadcast_%s %s\ncadcast_%s %llu\n", name, help,
                name, kind, name, (unsigned long long)value);
}

static void add_messages(struct text *out, const struct hub *hub)
{
    text_add(out, "# HELP cadcast_messages_total Messages by kind\n"
                  "# TYPE cadcast_messages_total counter\n");
    for (int kind = 'A'; kind <= 'Z'; kind++) {
        if (hub->messages[kind] > 0)
            text_format(out, "cadcast_messages_total{kind=\"%c\"} %llu\n", kind,
                        (unsigned long long)hub->messages[kind]);
    }
}

void metrics_respond(struct server *server, struct http *http)
{
    struct text out = { 0 };
    struct hub *hub = &server->hub;
    add(&out, "connections", "gauge", "Open connections", server->conn_count);
    add(&out, "connections_total", "counter", "Accepted connections", server->accepted);
    add(&out, "connections_refused_total", "counter", "Connections turned away", server->refused);
    add(&out, "http_requests_total", "counter", "HTTP requests", server->requests);
    add(&out, "http_bad_requests_total", "counter", "Requests that broke the rules",
        server->bad_requests);
    add(&out, "received_bytes_total", "counter", "Bytes of messages received", server->bytes_in);
    add(&out, "sent_bytes_total", "counter", "Bytes of messages sent", server->bytes_out);
    add(&out, "in_flight_bytes", "gauge", "Bytes of messages being received", hub->in_flight);
    add(&out, "picture_bytes", "gauge", "Bytes of all pictures", hub_bytes(hub));
    add(&out, "pictures_dropped_total", "counter", "Pictures given up to save memory",
        hub->dropped_pictures);
    add(&out, "sessions", "gauge", "Sessions", hub->session_count);
    add(&out, "browsers", "gauge", "Registered browsers", hub_browsers(hub));
    add(&out, "shows_total", "counter", "Models shown", hub->shows);
    add(&out, "show_bytes_total", "counter", "Bytes of the models shown", hub->show_bytes);
    add(&out, "bad_messages_total", "counter", "Messages dropped", hub->bad_messages);
    add(&out, "pool_jobs", "gauge", "Jobs on the worker pool", server->jobs);
    add_messages(&out, hub);
    struct blob *body = text_error(&out) < 0 ? NULL : blob_copy(out.data, out.size);
    text_free(&out);
    if (body == NULL) {
        http_respond_text(http, 503, "out of memory", NULL);
        return;
    }
    struct http_response response = { .status = 200,
                                      .type = "text/plain; version=0.0.4; charset=utf-8",
                                      .headers = "Cache-Control: no-store\r\n",
                                      .blob = body,
                                      .size = body->size };
    http_respond(http, &response);
    blob_unref(body);
}
