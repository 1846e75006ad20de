/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_mcp_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

/* The largest file that is put into an answer: it goes through the model's context. */
#define EMBEDDED_MAX ((size_t)64 * 1024)

void api_mcp_answer_send(struct http *http, int status, const struct text *text)
{
    struct blob *blob = text_error(text) < 0 ? NULL : blob_copy(text_string(text), text->size);
    struct http_response response = { .status = status,
                                      .type = "application/json",
                                      .headers = "Cache-Control: no-store\r\n",
                                      .blob = blob,
                                      .size = blob == NULL ? 0 : blob->size };
    if (blob == NULL)
        http_respond_text(http, 503, "out of memory", "Retry-After: 1\r\n");
    else
        http_respond(http, &response);
    blob_unref(blob);
}

void api_mcp_answer_begin(struct text *text, const char *id, bool modern)
{
    text_format(text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{", id);
    if (modern)
        text_add(text, "\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/"
                       "serverInfo\":" API_MCP_ANSWER_SERVER "},");
}

/* ---- results of tools ---- */

static void add_text(struct text *text, const char *words, size_t size)
{
    text_add(text, "{\"type\":\"text\",\"text\":");
    text_add_json(text, words, size);
    text_add(text, "}");
}

static void add_base64(struct text *text, const struct blob *bytes)
{
    size_t size = base64_encoded_size(bytes->size);
    char *encoded = malloc(size);
    if (encoded == NULL) {
        text->failed = true;
        return;
    }
    base64_encode(encoded, bytes->data, bytes->size);
    text_add_bytes(text, encoded, size);
    free(encoded);
}

static void add_picture(struct text *text, const struct blob *png)
{
    text_add(text, "{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"");
    add_base64(text, png);
    text_add(text, "\"}");
}

/* A file: a line about it, then its bytes, or where they are. */
static void add_file(struct text *text, const char *base, const struct api_call_answer *answer)
{
    struct text line = { 0 }, uri = { 0 };
    bool small = answer->bytes->size <= EMBEDDED_MAX;
    text_format(&uri, "%s%s", base, answer->path);
    text_format(&line, "%zu bytes of %s, %s%s%s", answer->bytes->size, answer->type,
                small ? "below; also at " : "to be fetched from ", text_string(&uri),
                answer->left_out > 0 ? "; some parts have no form in it" : "");
    add_text(text, text_string(&line), line.size);
    text_add(text, small ? ",{\"type\":\"resource\",\"resource\":{\"uri\":"
                         : ",{\"type\":\"resource_link\",\"name\":\"model\",\"uri\":");
    text_add_json(text, text_string(&uri), uri.size);
    text_format(text, ",\"mimeType\":\"%s\"", answer->type);
    if (small) {
        text_add(text, ",\"blob\":\"");
        add_base64(text, answer->bytes);
        text_add(text, "\"}}");
    } else {
        text_format(text, ",\"size\":%zu}", answer->bytes->size);
    }
    text->failed = text->failed || line.failed || uri.failed;
    text_free(&line);
    text_free(&uri);
}

/* What a tool that succeeded has made. */
static void add_content(struct text *text, const char *base, const struct api_call_answer *answer)
{
    const struct blob *bytes = answer->bytes;
    if (bytes == NULL)
        add_text(text, "done", 4);
    else if (answer->path != NULL)
        add_file(text, base, answer);
    else if (answer->type != NULL)
        add_picture(text, bytes);
    else
        add_text(text, (const char *)bytes->data, bytes->size);
    text_add(text, answer->picture == NULL ? "" : ",");
    if (answer->picture != NULL)
        add_picture(text, answer->picture);
}

void api_mcp_answer_result(struct text *text, const char *base,
                           const struct api_call_answer *answer)
{
    text_add(text, "\"content\":[");
    if (answer->detail != NULL)
        add_text(text, answer->detail, strlen(answer->detail));
    else
        add_content(text, base, answer);
    text_add(text, answer->detail != NULL ? "],\"isError\":true" : "]");
    if (answer->detail == NULL && answer->bytes != NULL && answer->type == NULL) {
        text_add(text, ",\"structuredContent\":");
        text_add_bytes(text, answer->bytes->data, answer->bytes->size);
    }
}
