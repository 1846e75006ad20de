/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The writing of answers. */
#include "web/http.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 101, "Switching Protocols" },
    { 200, "OK" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 302, "Found" },
    { 303, "See Other" },
    { 308, "Permanent Redirect" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 422, "Unprocessable Content" },
    { 426, "Upgrade Required" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
};

const char *http_reason(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Unknown";
}

/* RFC 9110 section 6.6.1: an origin server with a clock sends Date. */
static void add_date(struct text *head, struct http *http)
{
    time_t now = time(NULL);
    struct tm utc;
    if (http->date_at != (int64_t)now) {
        gmtime_r(&now, &utc);
        strftime(http->date, sizeof(http->date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
        http->date_at = (int64_t)now;
    }
    text_add(head, http->date);
}

void http_head(struct text *head, struct http *http, const struct http_response *response,
               bool keep_alive)
{
    text_format(head, "HTTP/1.1 %d %s\r\n", response->status, http_reason(response->status));
    add_date(head, http);
    if (response->type != NULL)
        text_format(head, "Content-Type: %s\r\n", response->type);
    if (response->status != 304 && response->status != 204)
        text_format(head, "Content-Length: %zu\r\n", response->size);
    if (http->common != NULL)
        text_add(head, http->common);
    if (response->headers != NULL)
        text_add(head, response->headers);
    if (!keep_alive)
        text_add(head, "Connection: close\r\n");
    else if (http->parser.http_minor == 0)
        text_add(head, "Connection: keep-alive\r\n");
    text_add(head, "\r\n");
}

/* RFC 9457 section 3: `type` is "about:blank" if it is not there, and `title` then the status's. */
static void add_problem(struct text *body, int status, const char *detail)
{
    text_format(body, "{\"title\":\"%s\",\"status\":%d,\"detail\":", http_reason(status), status);
    text_add_json(body, detail, strlen(detail));
    text_add(body, "}");
}

void http_respond_text(struct http *http, int status, const char *text, const char *headers)
{
    struct text made = { 0 };
    bool problem = http->problems && status >= 400;
    if (problem)
        add_problem(&made, status, text);
    else
        text_add(&made, text);
    text_add(&made, "\n");
    struct blob *body = text_error(&made) < 0 ? NULL : blob_copy(text_string(&made), made.size);
    text_free(&made);
    struct http_response response = { .status = status,
                                      .type = problem ? "application/problem+json"
                                                      : "text/plain; charset=utf-8",
                                      .headers = headers,
                                      .blob = body,
                                      .size = body == NULL ? 0 : body->size };
    http_respond(http, &response);
    blob_unref(body);
}

void http_respond_made(struct http *http, const char *type, const struct text *body)
{
    struct blob *blob = text_error(body) < 0 ? NULL : blob_copy(text_string(body), body->size);
    if (blob == NULL) {
        http_respond_text(http, 503, "out of memory", NULL);
        return;
    }
    struct http_response response = { .status = 200,
                                      .type = type,
                                      .headers = "Cache-Control: no-store\r\n",
                                      .blob = blob,
                                      .size = blob->size };
    http_respond(http, &response);
    blob_unref(blob);
}

void http_close_after(struct http *http)
{
    http->keep_alive = false;
}

void http_refuse(struct http *http, int status, const char *text, const char *headers)
{
    http->busy = true;
    http_close_after(http);
    http_respond_text(http, status, text, headers);
}

size_t http_respond_resource(struct http *http, const struct http_resource *resource)
{
    char headers[1600];
    char range[96] = "";
    char encoding[64] = "";
    const char *coding = resource->coding;
    size_t total = resource->body->size;
    size_t first = 0;
    size_t size = total;
    bool same = http_tag_listed(http_header(http, "If-None-Match"), resource->tag);
    /* Range applies to GET only (RFC 9110 section 14.2). */
    bool ranged = coding == NULL && !same && strcmp(http_method(http), "GET") == 0 &&
                  http_tag_allows_range(http_header(http, "If-Range"), resource->tag);
    int part = ranged ? http_range(http_header(http, "Range"), total, &first, &size) : 0;
    if (part < 0) {
        snprintf(headers, sizeof(headers), "Content-Range: bytes */%zu\r\n", total);
        http_respond_text(http, 416, "range not satisfiable", headers);
        return 0;
    }
    if (part > 0)
        snprintf(range, sizeof(range), "Content-Range: bytes %zu-%zu/%zu\r\n", first,
                 first + size - 1, total);
    if (coding != NULL)
        snprintf(encoding, sizeof(encoding), "Content-Encoding: %s\r\n", coding);
    /* Two codings of one resource are two representations (RFC 9110 section 8.8.3). */
    snprintf(headers, sizeof(headers),
             "ETag: \"%s%s%s\"\r\nCache-Control: private, max-age=31536000, immutable\r\n"
             "Vary: Accept-Encoding\r\nX-Cadcast-Bytes: %zu\r\n%s%s%s",
             resource->tag, coding == NULL ? "" : "-", coding == NULL ? "" : coding, resource->size,
             coding == NULL ? "Accept-Ranges: bytes\r\n" : "", encoding, range);
    struct http_response response = { .status = same       ? 304
                                                : part > 0 ? 206
                                                           : 200,
                                      .type = same ? NULL : "application/octet-stream",
                                      .headers = headers,
                                      .blob = same ? NULL : resource->body,
                                      .offset = first,
                                      .size = same ? 0 : size };
    http_respond(http, &response);
    return response.size;
}
