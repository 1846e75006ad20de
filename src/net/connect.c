/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "net/connect.h"

#include <stdio.h>

static void end(struct connect *connect, int error)
{
    connect->done(connect->owner, error);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct connect *connect = request->data;
    if (status == 0)
        uv_tcp_nodelay(&connect->stream->tcp, 1);
    end(connect, status);
}

static int begin(struct connect *connect, const struct addrinfo *found)
{
    unsigned count = 0;
    for (const struct addrinfo *each = found; each != NULL; each = each->ai_next)
        count++;
    if (count == 0)
        return UV_EAI_NODATA;
    for (unsigned skip = connect->attempt % count; skip > 0; skip--)
        found = found->ai_next;
    return uv_tcp_connect(&connect->request, &connect->stream->tcp, found->ai_addr, on_connected);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct connect *connect = request->data;
    connect->resolving = false;
    if (status == 0)
        status = connect->stream->closing ? UV_ECANCELED : begin(connect, found);
    uv_freeaddrinfo(found);
    if (status < 0)
        end(connect, status);
}

int connect_start(struct connect *connect, struct stream *stream, const char *host, uint16_t port,
                  unsigned attempt, void (*done)(void *owner, int error), void *owner)
{
    char service[8];
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    *connect =
        (struct connect){ .stream = stream, .attempt = attempt, .done = done, .owner = owner };
    connect->resolve.data = connect;
    connect->request.data = connect;
    snprintf(service, sizeof(service), "%u", port);
    int error =
        uv_getaddrinfo(stream->tcp.loop, &connect->resolve, on_resolved, host, service, &hints);
    connect->resolving = error == 0;
    return error;
}

void connect_cancel(struct connect *connect)
{
    if (connect->resolving)
        uv_cancel((uv_req_t *)&connect->resolve);
}
