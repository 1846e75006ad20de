/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export_exact.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "export/export_choice.h"
#include "export/export_process.h"
#include "export/export_tree.h"

#define DEPTH_MAX 256

/* A file on its way. */
struct exact {
    const struct export_options *options;
    struct export_result *result;
    struct export_choice choice;
    struct scene scene;
    struct look look;
    struct limit limit;
    bool done; /* it was written to its end */
};

static int fail(struct exact *exact, int error, const char *why)
{
    if (exact->result->fault[0] == '\0')
        snprintf(exact->result->fault, EXPORT_WHY, "%s", why);
    return error;
}

/* ---- the tree ---- */

static bool is_written(const struct exact *exact, const json_t *part)
{
    const char *type = json_string_value(json_object_get(part, "type"));
    bool faces = true;
    bool edges = true;
    bool lines = type != NULL && (strcmp(type, "edges") == 0 || strcmp(type, "vertices") == 0);
    if (exact->options->visible)
        scene_state(&exact->scene, part, &faces, &edges);
    return lines ? edges : faces;
}

/* A part; NULL: no memory. */
static json_t *part_json(const struct exact *exact, const json_t *part)
{
    uint8_t color[4];
    char hex[8];
    export_tree_color(&exact->look, part, color);
    snprintf(hex, sizeof(hex), "#%02x%02x%02x", color[0], color[1], color[2]);
    return json_pack("{s:s, s:f}", "color", hex, "alpha", color[3] / 255.0);
}

/* Adds what groups and parts have: name, id, place. */
static int add_common(json_t *to, const json_t *from)
{
    static const char *const keys[] = { "name", "id", "loc" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        json_t *value = json_object_get(from, keys[i]);
        bool good = i == 2 ? json_is_array(value) : json_is_string(value);
        if (good && json_object_set(to, keys[i], value) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Adds what is written of `node` to a list. */
static int add_node(struct exact *exact, json_t *list, const json_t *node,
                    struct export_chosen outer, unsigned depth)
{
    size_t i;
    json_t *each;
    json_t *parts = json_object_get(node, "parts");
    struct export_chosen inner = export_choice_within(&exact->choice, node, outer);
    int error = limit_check(&exact->limit);
    if (depth > DEPTH_MAX)
        return fail(exact, -E2BIG, "the parts are nested too deeply");
    if (error < 0)
        return error;
    if (parts == NULL && (!inner.chosen || inner.hidden || !is_written(exact, node)))
        return 0;
    json_t *made = parts == NULL ? part_json(exact, node) : json_pack("{s:[]}", "parts");
    if (made == NULL || add_common(made, node) < 0) {
        json_decref(made);
        return -ENOMEM;
    }
    json_t *below = json_object_get(made, "parts");
    json_array_foreach(parts, i, each) {
        if (error == 0)
            error = add_node(exact, below, each, inner, depth + 1);
    }
    if (error == 0 && (parts == NULL || json_array_size(below) > 0))
        error = json_array_append(list, made) < 0 ? -ENOMEM : 0;
    json_decref(made);
    return error;
}

/* The list with the root of what is written. */
static int make_list(struct exact *exact, json_t *list)
{
    struct export_chosen all;
    json_t *shapes = json_object_get(json_object_get(exact->scene.root, "data"), "shapes");
    if (json_object_get(shapes, "parts") == NULL)
        return fail(exact, -ENODATA, "there is no model in it");
    int error = export_choice_begin(&exact->choice, exact->options, &all);
    if (error == 0)
        error = add_node(exact, list, shapes, all, 0);
    const char *id = export_choice_missing(&exact->choice);
    if (error == 0 && id != NULL) {
        snprintf(exact->result->fault, EXPORT_WHY, "there is no part %.150s", id);
        error = -ENOENT;
    }
    export_choice_free(&exact->choice);
    if (error == 0 && json_array_size(list) == 0)
        return fail(exact, -ENODATA, "nothing of it can be written in this format");
    return error;
}

/* What the process is told, as text; NULL: no memory. */
static char *sheet_of(const struct exact *exact, const char *extension, json_t *root)
{
    char moment[32], name[128];
    struct tm broken;
    const struct export_exact_source *source = exact->options->exact;
    time_t shown = (time_t)source->shown;
    if (gmtime_r(&shown, &broken) == NULL ||
        strftime(moment, sizeof(moment), "%Y-%m-%dT%H:%M:%S", &broken) == 0)
        moment[0] = '\0';
    snprintf(name, sizeof(name), "%.100s.%s", source->name, extension);
    json_t *sheet = json_pack("{s:s, s:s, s:s, s:O}", "name", name, "time", moment, "program",
                              "cadcast " CADCAST_VERSION, "root", root);
    char *text = sheet == NULL ? NULL : json_dumps(sheet, JSON_COMPACT);
    json_decref(sheet);
    return text;
}

/* ---- the process ---- */

static int take_file(struct exact *exact, struct frame_reader *reader)
{
    _Static_assert((int)FRAME_ROOM == BLOB_ROOM, "a frame's payload becomes a blob");
    size_t size = (size_t)reader->frame.length;
    blob_unref(exact->result->bytes);
    exact->result->bytes = blob_adopt(frame_reader_take(reader), size);
    return exact->result->bytes == NULL ? -ENOMEM : 0;
}

static int take_error(struct exact *exact, const char *line)
{
    return fail(exact, strstr(line, "than is allowed") == NULL ? -EBADMSG : -EFBIG, line);
}

static int on_frame(void *arg, struct frame_reader *reader)
{
    struct exact *exact = arg;
    json_t *facts;
    switch (reader->frame.kind) {
    case FRAME_FILE:
        return take_file(exact, reader);
    case FRAME_ERROR:
        return take_error(exact, reader->payload);
    case FRAME_DONE:
        facts = json_loadb(reader->payload, (size_t)reader->frame.length, 0, NULL);
        exact->result->left_out = (unsigned)json_integer_value(json_object_get(facts, "left_out"));
        json_decref(facts);
        exact->done = true;
        return 0;
    default:
        return 0;
    }
}

/* The reason of an end that it has not told itself. */
static int judge(struct exact *exact, int result)
{
    char why[EXPORT_WHY];
    snprintf(why, sizeof(why), "the process that writes it ended by signal %d (%s)", result,
             result > 0 ? strsignal(result) : "none");
    if (result > 0)
        return fail(exact, -EBADMSG, why);
    if (result == -ENOENT || result == -EACCES)
        return fail(exact, -ENOTSUP, "cadcast-import, which writes it, cannot be started");
    if (result == -EPROTO || result == -EMSGSIZE)
        return fail(exact, -EBADMSG, "the process that writes it wrote what cannot be understood");
    if (result == 0 && (!exact->done || exact->result->bytes == NULL))
        return fail(exact, -EBADMSG, "the process that writes it ended without a word");
    return result;
}

static void head_of(unsigned char head[FRAME_HEAD], uint32_t kind, size_t size)
{
    const struct frame frame = { .kind = kind, .length = size };
    frame_put(head, &frame);
}

static int write_sheet(struct exact *exact, const char *extension, const char *sheet)
{
    const struct export_exact_source *source = exact->options->exact;
    unsigned char tree[FRAME_HEAD], parts[FRAME_HEAD];
    char memory[32], seconds[32], longest[32];
    char *const arguments[] = { (char *)source->program,
                                "--write",
                                (char *)extension,
                                "--memory",
                                memory,
                                "--time",
                                seconds,
                                "--max-output",
                                longest,
                                NULL };
    const struct export_piece input[] = { { tree, FRAME_HEAD },
                                          { sheet, strlen(sheet) },
                                          { parts, FRAME_HEAD },
                                          { blob_payload(source->parts),
                                            blob_payload_size(source->parts) } };
    const struct export_process process = { .arguments = arguments,
                                            .input = input,
                                            .pieces = 4,
                                            .longest = exact->options->max_bytes,
                                            .limit = &exact->limit,
                                            .frame = on_frame,
                                            .arg = exact };
    head_of(tree, FRAME_TREE, input[1].size);
    head_of(parts, FRAME_PARTS, input[3].size);
    snprintf(memory, sizeof(memory), "%" PRIu64, source->memory);
    snprintf(seconds, sizeof(seconds), "%u", exact->options->max_ms / 1000);
    snprintf(longest, sizeof(longest), "%zu", exact->options->max_bytes);
    return judge(exact, export_process_run(&process));
}

/* ---- the whole ---- */

static int check_source(struct exact *exact)
{
    const struct export_exact_source *source = exact->options->exact;
    if (source == NULL || source->parts == NULL)
        return fail(exact, -ENXIO,
                    "it has no exact geometry, only triangles: as STL, GLB or 3MF it can be "
                    "written");
    if (source->program[0] == '\0')
        return fail(exact, -ENOTSUP, "cadcast-import, which writes it, is not installed");
    return 0;
}

static int write_all(struct exact *exact, const char *extension)
{
    json_t *list = json_array();
    char *sheet = NULL;
    int error = list == NULL ? -ENOMEM : make_list(exact, list);
    if (error == 0)
        error = check_source(exact);
    if (error == 0) {
        sheet = sheet_of(exact, extension, json_array_get(list, 0));
        error = sheet == NULL ? -ENOMEM : write_sheet(exact, extension, sheet);
    }
    free(sheet);
    json_decref(list);
    return error;
}

int export_exact(const uint8_t *file, size_t size, const struct export_options *options,
                 const char *extension, struct export_result *result)
{
    struct exact exact = { .options = options, .result = result };
    exact.limit = limit_start(options->max_ms, options->cancel);
    int error = scene_open(&exact.scene, file, size, options->max_bytes);
    if (error == 0) {
        look_init(&exact.look);
        look_settings(&exact.look, json_object_get(exact.scene.root, "config"));
        exact.scene.states = options->states;
        error = write_all(&exact, extension);
    } else if (exact.scene.fault != NULL) {
        fail(&exact, error, exact.scene.fault);
    }
    scene_free(&exact.scene);
    if (error < 0) {
        blob_unref(result->bytes);
        result->bytes = NULL;
    }
    return error;
}
