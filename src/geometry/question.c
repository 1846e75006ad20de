/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "geometry/question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

/* How many ids a tool wants before the flag; 0: it is no tool that measures. */
static size_t ids_wanted(const char *tool)
{
    if (strcmp(tool, "DistanceMeasurement") == 0)
        return 2;
    return strcmp(tool, "PropertiesMeasurement") == 0 ? 1 : 0;
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

/* The parts a question touches, one a line, the same part once. */
static char *make_suspect(const json_t *ids, size_t wanted)
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

static struct blob *make_text(const char *tool, const char *ids, size_t size)
{
    struct text text = { 0 };
    text_format(&text, "{\"tool\":\"%s\",\"ids\":", tool);
    text_add_bytes(&text, ids, size);
    text_add(&text, "}");
    struct blob *blob = text_error(&text) == 0 ? blob_copy(text.data, text.size) : NULL;
    text_free(&text);
    return blob;
}

int question_new(struct question **result, const char *tool, const char *ids, size_t size)
{
    *result = NULL;
    size_t wanted = ids_wanted(tool);
    json_t *list = json_loadb(ids, size, 0, NULL);
    if (!fits(list, wanted)) {
        json_decref(list);
        return -EINVAL;
    }
    struct question *question = calloc(1, sizeof(*question));
    if (question != NULL) {
        list_init(&question->by_age);
        list_init(&question->by_lane);
        question->tool = strdup(tool);
        question->text = make_text(tool, ids, size);
        question->suspect = make_suspect(list, wanted);
    }
    json_decref(list);
    if (question == NULL || question->tool == NULL || question->text == NULL ||
        question->suspect == NULL) {
        question_free(question);
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

/* The panel of three-cad-viewer shows each string of a `result` section as a row, and builds its
 * table only where the reference points are there; null ones draw no line. */
void question_refuse(struct question *question, int status, const char *reason)
{
    struct text text = { 0 };
    text_add(&text, "{\"type\":\"backend_response\",\"subtype\":\"tool_response\",\"tool_type\":");
    text_add_json(&text, question->tool, strlen(question->tool));
    text_add(&text, ",\"error\":");
    text_add_json(&text, reason, strlen(reason));
    text_add(&text, ",\"shape_type\":\"No answer\",\"geom_type\":\"error\",\"refpoint\":null,"
                    "\"refpoint1\":null,\"refpoint2\":null,\"result\":[{\"error\":");
    text_add_json(&text, reason, strlen(reason));
    text_add(&text, "}]}");
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
    /* What is said where there was no memory to say more: for either tool's panel. */
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
    question_free(question);
}

void question_free(struct question *question)
{
    if (question == NULL)
        return;
    list_remove(&question->by_age);
    list_remove(&question->by_lane);
    blob_unref(question->text);
    blob_unref(question->answer);
    free(question->tool);
    free(question->suspect);
    free(question);
}

const char *question_fault(const char *json, size_t size, char *buf, size_t room)
{
    json_t *object = json_loadb(json, size, 0, NULL);
    const char *text = json_string_value(json_object_get(object, "error"));
    snprintf(buf, room, "%s", text != NULL ? text : "the geometry helper gave no reason");
    json_decref(object);
    return buf;
}
