/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "base/tool_response.h"

/* The number of ids that a tool takes before the flag; 0: not a measuring tool. */
static size_t ids_wanted(const char *tool)
{
    if (strcmp(tool, "DistanceMeasurement") == 0)
        return 2;
    return strcmp(tool, "PropertiesMeasurement") == 0 || strcmp(tool, "Mass") == 0 ? 1 : 0;
}

/* The length of the part's id in a shape's id: "/a/b" in "/a/b/faces/faces_3". */
static size_t part_length(const char *id, size_t size)
{
    static const char *const kinds[] = { "/faces/faces_", "/edges/edges_", "/vertices/vertices_" };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i]);
        for (size_t at = size >= length ? size - length + 1 : 0; at-- > 0;) {
            if (memcmp(id + at, kinds[i], length) == 0)
                return at;
        }
    }
    return size;
}

/* The ids of the parts that a question is about, one a line, each once. */
static char *make_parts(const json_t *ids, size_t wanted)
{
    struct text text = { 0 };
    size_t before = 0;
    for (size_t i = 0; i < wanted; i++) {
        const json_t *id = json_array_get(ids, i);
        const char *name = json_string_value(id);
        size_t size = part_length(name, json_string_length(id));
        if (i > 0 && size == before && memcmp(text.data, name, size) == 0)
            continue;
        if (i > 0)
            text_add(&text, "\n");
        text_add_bytes(&text, name, size);
        before = size;
    }
    text_add(&text, "");
    if (text_error(&text) < 0) {
        text_free(&text);
        return NULL;
    }
    return text.data != NULL ? text.data : strdup("");
}

static bool fits(const json_t *ids, size_t wanted)
{
    if (wanted == 0 || json_array_size(ids) != wanted + 1)
        return false;
    for (size_t i = 0; i < wanted; i++) {
        if (!json_is_string(json_array_get(ids, i)))
            return false;
    }
    return true;
}

static struct blob *make_text(const char *tool, json_t *ids)
{
    json_t *json = json_pack("{s:s, s:O}", "tool", tool, "ids", ids);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    struct blob *blob = text == NULL ? NULL : blob_copy(text, strlen(text));
    json_decref(json);
    free(text);
    return blob;
}

static void free_question(struct question *question)
{
    if (question == NULL)
        return;
    list_remove(&question->by_age);
    list_remove(&question->by_shard);
    blob_unref(question->text);
    blob_unref(question->answer);
    free(question->tool);
    free(question->parts);
    free(question);
}

int question_new(struct question **result, const char *tool, json_t *ids)
{
    *result = NULL;
    size_t wanted = ids_wanted(tool);
    if (!fits(ids, wanted))
        return -EINVAL;
    struct question *question = calloc(1, sizeof(*question));
    if (question != NULL) {
        list_init(&question->by_age);
        list_init(&question->by_shard);
        question->tool = strdup(tool);
        question->text = make_text(tool, ids);
        question->parts = make_parts(ids, wanted);
    }
    if (question == NULL || question->tool == NULL || question->text == NULL ||
        question->parts == NULL) {
        free_question(question);
        return -ENOMEM;
    }
    *result = question;
    return 0;
}

void question_answer(struct question *question, int status, const char *json, size_t size)
{
    blob_unref(question->answer);
    question->status = status;
    question->answer = blob_copy(json, size);
}

void question_refuse(struct question *question, int status, const char *reason)
{
    struct text text = { 0 };
    tool_response_refusal(&text, question->tool, reason);
    if (text_error(&text) == 0) {
        question_answer(question, status, text.data, text.size);
    } else {
        blob_unref(question->answer);
        question->answer = NULL;
        question->status = status;
    }
    text_free(&text);
}

void question_deliver(struct question *question)
{
    /* The answer if there is no memory for a better one; fits either tool's panel. */
    static const char plain[] =
        "{\"type\":\"backend_response\",\"subtype\":\"tool_response\",\"tool_type\":\"%s\","
        "\"error\":\"out of memory\",\"refpoint\":null,\"refpoint1\":null,\"refpoint2\":null,"
        "\"result\":[{\"error\":\"out of memory\"}]}";
    char buf[sizeof(plain) + 64];
    if (question->answer != NULL) {
        question->done(question->arg, question->status, (const char *)question->answer->data,
                       question->answer->size);
    } else {
        int size = snprintf(buf, sizeof(buf), plain, question->tool);
        question->done(question->arg, question->status < 0 ? question->status : -ENOMEM, buf,
                       (size_t)size);
    }
    free_question(question);
}

const char *question_fault(const char *json, size_t size, char *buf, size_t room)
{
    json_t *object = json_loadb(json, size, 0, NULL);
    const char *text = json_string_value(json_object_get(object, "error"));
    snprintf(buf, room, "%s", text != NULL ? text : "the geometry helper gave no reason");
    json_decref(object);
    return buf;
}
