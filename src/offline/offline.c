/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "offline/offline.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>
#include <uv.h>

#include "base/error.h"
#include "base/file.h"
#include "files/importer.h"
#include "geometry/mesher.h"
#include "model/assemble.h"
#include "model/plan.h"
#include "offline/recorded.h"
#include "offline/stage.h"
#include "offline/upload.h"
#include "process/paths.h"
#include "state/recording.h"
#include "view/exact.h"
#include "view/message.h"

/* Milliseconds for the mesh of one shape, and most helpers at once: each takes 100 MB and more. */
#define MESH_MS 60000
#define MESHERS_MAX 8

/* Bytes of the file that are given to the importer at a time. */
#define PIECE ((size_t)1024 * 1024)

/* One file, from the start of the importer to the last mesh. */
struct reading {
    uv_loop_t loop;
    const struct offline_files *files;
    struct upload upload;
    struct stage stage; /* of several files */
    bool fed; /* the importer has the whole file, or reads it itself and what lies beside it */
    struct importer *importer;
    struct mesher *mesher;
    struct weak_pointer *self;
    struct blob *message; /* a `D` */
    struct plan *plan;    /* of an `E` */
    struct blob **shapes; /* one a shape of the plan */
    struct blob **meshes;
    uint32_t waiting; /* shapes that are not meshed yet */
    bool complete;    /* the importer has written everything */
    struct text why;  /* what went wrong; empty: nothing */
};

static void fail(struct reading *reading, const char *why)
{
    if (reading->why.size == 0)
        text_add(&reading->why, why);
}

static void fail_error(struct reading *reading, const char *what, int error)
{
    char text[160], why[64];
    snprintf(text, sizeof(text), "%s: %s", what, error_text(error, why, sizeof(why)));
    fail(reading, text);
}

/* ---- meshes ---- */

static void on_meshed(void *arg, const struct mesher_result *result)
{
    struct reading *reading = arg;
    if (result->mesh != NULL)
        reading->meshes[result->number] = blob_ref(result->mesh);
    if (--reading->waiting == 0)
        uv_stop(&reading->loop);
}

static int start_mesher(struct reading *reading, const struct log *log)
{
    char program[PATH_MAX];
    unsigned processors = uv_available_parallelism();
    int error = paths_helper(program, sizeof(program));
    if (error < 0) {
        fail(reading, "it has exact geometry, and cadcast-geometry is not installed");
        return error;
    }
    const struct mesher_options options = { .program = program,
                                            .processes =
                                                processors > MESHERS_MAX ? MESHERS_MAX : processors,
                                            .timeout = MESH_MS,
                                            .answer = OFFLINE_MEMORY,
                                            .log = log,
                                            .done = on_meshed,
                                            .arg = reading };
    return mesher_new(&reading->mesher, &reading->loop, &options);
}

static int ask_mesher(struct reading *reading)
{
    const struct plan *plan = reading->plan;
    int error = 0;
    for (uint32_t i = 0; error == 0 && i < plan->shape_count; i++) {
        if (plan->shapes[i].same != i || plan->shapes[i].part == NULL || reading->shapes[i] == NULL)
            continue;
        const struct mesher_ask ask = { .shape = reading->shapes[i],
                                        .deviation = plan->deviation,
                                        .angle = plan->angle,
                                        .owner = reading->self,
                                        .number = i };
        error = mesher_ask(reading->mesher, &ask);
        reading->waiting += error == 0;
    }
    return error;
}

static void mesh(struct reading *reading)
{
    const struct log log = { .fd = 2, .level = LOG_ERROR };
    int error = start_mesher(reading, &log);
    if (error == 0)
        error = ask_mesher(reading);
    if (error < 0)
        fail_error(reading, "its shapes cannot be meshed", error);
    if (error == 0 && reading->waiting > 0)
        uv_run(&reading->loop, UV_RUN_DEFAULT);
    if (reading->mesher != NULL)
        mesher_close(reading->mesher, NULL, NULL);
    uv_run(&reading->loop, UV_RUN_DEFAULT);
}

/* ---- the importer ---- */

/* Takes over the message of a show. */
static int take_show(struct reading *reading, struct blob *message)
{
    char why[PLAN_WHY] = "";
    message_received(message);
    int error = plan_read(&reading->plan, blob_payload(message), blob_payload_size(message),
                          OFFLINE_MEMORY, why);
    blob_unref(message);
    if (error < 0) {
        fail(reading, why);
        return error;
    }
    reading->shapes = calloc((size_t)reading->plan->shape_count + 1, sizeof(struct blob *));
    reading->meshes = calloc((size_t)reading->plan->shape_count + 1, sizeof(struct blob *));
    return reading->shapes == NULL || reading->meshes == NULL ? -ENOMEM : 0;
}

/* Takes over the message of a shape. */
static void take_shape(struct reading *reading, struct blob *message)
{
    bool known =
        reading->shapes != NULL && reading->meshes != NULL && message->size > EXACT_SHAPE_HEAD;
    long number = known ? plan_find(reading->plan, message->data + 2) : -1;
    if (number < 0 || reading->shapes[number] != NULL) {
        blob_unref(message);
        return;
    }
    message->skip = EXACT_SHAPE_HEAD;
    reading->shapes[number] = message;
}

static void take_message(struct reading *reading)
{
    struct blob *message = importer_take(reading->importer);
    char kind = message == NULL ? '\0' : message_kind(message);
    if (message == NULL) {
        fail(reading, "out of memory");
    } else if (kind == 'D' && reading->message == NULL) {
        message_received(message);
        reading->message = message;
    } else if (kind == 'E' && reading->plan == NULL) {
        if (take_show(reading, message) < 0)
            fail(reading, "out of memory");
    } else if (kind == 'F') {
        take_shape(reading, message);
    } else {
        blob_unref(message);
    }
}

static void on_frame(void *arg, const struct frame *frame, const char *payload)
{
    struct reading *reading = arg;
    if (frame->kind == FRAME_MESSAGE)
        take_message(reading);
    else if (frame->kind == FRAME_ERROR)
        fail(reading, payload);
    else if (frame->kind == FRAME_NOTICE)
        fprintf(stderr, "cadcast: %s\n", payload);
    else if (frame->kind == FRAME_DONE)
        reading->complete = true;
}

/* Gives the importer one more piece of the file; false: that was the last one. */
static bool feed_piece(struct reading *reading)
{
    char *piece = malloc(PIECE);
    long size = piece == NULL ? -ENOMEM : upload_read(&reading->upload, piece, PIECE);
    if (size > 0 && importer_write(reading->importer, piece, (size_t)size) < 0)
        size = -ENOMEM;
    free(piece);
    if (size < 0)
        fail_error(reading, "it cannot be read", (int)size);
    return size > 0;
}

/* An input that takes a piece at once does not tell so. */
static void on_drained(void *arg)
{
    struct reading *reading = arg;
    while (!reading->fed && importer_queued(reading->importer) == 0)
        reading->fed = !feed_piece(reading);
    if (reading->fed)
        importer_end_input(reading->importer);
}

static void on_ended(void *arg, int64_t status, int signal_number)
{
    struct reading *reading = arg;
    char why[128];
    if (signal_number != 0)
        snprintf(why, sizeof(why), "the importer ended by signal %d (%s)", signal_number,
                 strsignal(signal_number));
    else
        snprintf(why, sizeof(why), "the importer ended with status %" PRId64, status);
    if (!reading->complete)
        fail(reading, why);
    importer_close(reading->importer);
}

static void on_closed(void *arg)
{
    struct reading *reading = arg;
    reading->importer = NULL;
}

static const struct importer_events events = {
    .frame = on_frame, .drained = on_drained, .ended = on_ended, .closed = on_closed
};

/* The command line of an importer. */
struct arguments {
    char *list[UPLOAD_FILES_MAX + 16];
    unsigned count;
    char program[PATH_MAX];
    char folder[PATH_MAX];
    char most[32];
    char longest[32];
};

static void add(struct arguments *to, const char *word)
{
    to->list[to->count++] = (char *)word;
}

static void add_options(struct arguments *to, const struct offline_files *files)
{
    snprintf(to->most, sizeof(to->most), "%zu", 2 * OFFLINE_MEMORY);
    snprintf(to->longest, sizeof(to->longest), "%zu", OFFLINE_MEMORY);
    add(to, to->program);
    add(to, "--max-input");
    add(to, to->most);
    add(to, "--max-output");
    add(to, to->longest);
    if (files->unhealed)
        add(to, "--no-heal");
    if (files->deviation != NULL) {
        add(to, "--deviation");
        add(to, files->deviation);
    }
}

/* Where the files are: one comes through the pipe, one with others beside it is in its folder,
 * several are in one that was made for them. */
static void add_files(struct reading *reading, struct arguments *to)
{
    const struct upload *upload = &reading->upload;
    const char *path = upload->files[0].path;
    const char *name = upload->files[0].name;
    const char *slash = strrchr(path, '/');
    bool several = reading->stage.path[0] != '\0';
    snprintf(to->folder, sizeof(to->folder), "%.*s", slash == NULL ? 1 : (int)(slash - path + 1),
             slash == NULL ? "." : path);
    reading->fed = several || (upload->archive && name[0] != '-');
    add(to, reading->fed ? "--root" : "--name");
    add(to, several ? reading->stage.path : reading->fed ? to->folder : name);
    for (size_t i = 0; reading->fed && i < upload->count; i++) {
        if (upload->files[i].model)
            add(to, upload->files[i].name);
    }
}

static int import(struct reading *reading)
{
    struct arguments *arguments = calloc(1, sizeof(*arguments));
    if (arguments == NULL)
        return -ENOMEM;
    if (paths_importer(arguments->program, sizeof(arguments->program)) < 0) {
        fail(reading, "files cannot be read: cadcast-import is not installed");
        free(arguments);
        return -ENOENT;
    }
    add_options(arguments, reading->files);
    add_files(reading, arguments);
    int error = importer_start(&reading->importer, &reading->loop, arguments->list,
                               OFFLINE_MEMORY + 64, &events, reading);
    free(arguments);
    if (error < 0) {
        fail_error(reading, "the importer cannot be started", error);
        return error;
    }
    on_drained(reading);
    return 0;
}

/* ---- the result ---- */

/* A model file of the tree without its meshes. */
static int make_tree(const struct plan *plan, const struct model_options *options,
                     struct model_file *file)
{
    json_t *root =
        json_pack("{s:s, s:{s:[], s:O}, s:O, s:I}", "type", "data", "data", "instances", "shapes",
                  plan->tree, "config", plan->config, "count", (json_int_t)plan->count);
    char *dump = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    struct blob *text = dump == NULL ? NULL : blob_copy(dump, strlen(dump));
    int error = text == NULL ? -ENOMEM : model_convert(text, options, file);
    blob_unref(text);
    free(dump);
    json_decref(root);
    return error;
}

static int assemble(struct reading *reading, struct offline_model *model)
{
    const struct model_options options = { .max_bytes = OFFLINE_MEMORY };
    struct assemble_facts facts = { 0 };
    if (reading->message != NULL)
        return model_convert(reading->message, &options, &model->file);
    if (reading->plan == NULL)
        return -ENODATA;
    int error = reading->files->tree_only ? make_tree(reading->plan, &options, &model->file)
                                          : assemble_model(reading->plan, reading->meshes, &options,
                                                           &model->file, &facts);
    if (error < 0)
        return error;
    for (size_t i = 0; i < json_array_size(facts.notices); i++)
        fprintf(stderr, "cadcast: %s\n", json_string_value(json_array_get(facts.notices, i)));
    assemble_facts_free(&facts);
    return assemble_parts(reading->plan, reading->shapes, OFFLINE_MEMORY, &model->exact);
}

static void free_blobs(struct blob **blobs, const struct plan *plan)
{
    for (uint32_t i = 0; blobs != NULL && i < plan->shape_count; i++)
        blob_unref(blobs[i]);
    free(blobs);
}

static void reading_free(struct reading *reading)
{
    stage_remove(&reading->stage, &reading->upload);
    upload_free(&reading->upload);
    blob_unref(reading->message);
    free_blobs(reading->shapes, reading->plan);
    free_blobs(reading->meshes, reading->plan);
    plan_unref(reading->plan);
    weak_pointer_unref(reading->self);
    text_free(&reading->why);
    free(reading);
}

/* What of the files went wrong. */
static int fail_file(struct reading *reading, const char *path, int error)
{
    if (path != NULL)
        fail_error(reading, path, error);
    return error;
}

static int prepare(struct reading *reading)
{
    const struct offline_files *files = reading->files;
    for (size_t i = 0; i < files->count; i++) {
        int error = upload_add(&reading->upload, files->paths[i]);
        if (error < 0)
            return files->count == 1 ? error : fail_file(reading, files->paths[i], error);
    }
    int error = upload_begin(&reading->upload);
    if (error == 0 && files->count > 1)
        error = stage_make(&reading->stage, &reading->upload);
    return error < 0 ? fail_file(reading, reading->upload.broken, error) : 0;
}

/* Runs the importer, then the mesher, to their ends. */
static int run(struct reading *reading)
{
    int error = prepare(reading);
    reading->self = weak_pointer_new(reading);
    if (error == 0)
        error = reading->self == NULL ? -ENOMEM : uv_loop_init(&reading->loop);
    if (error < 0)
        return error;
    error = import(reading);
    uv_run(&reading->loop, UV_RUN_DEFAULT);
    if (error == 0 && reading->why.size == 0 && reading->plan != NULL && !reading->files->tree_only)
        mesh(reading);
    uv_loop_close(&reading->loop);
    return error;
}

/* Reads files of a kind that cadcast-import knows. */
static int read_cad(const struct offline_files *files, struct offline_model *model,
                    struct text *why)
{
    char text[64];
    struct reading *reading = calloc(1, sizeof(*reading));
    if (reading == NULL)
        return -ENOMEM;
    reading->files = files;
    int error = run(reading);
    if (error == 0 && reading->why.size == 0)
        error = assemble(reading, model);
    if (error == -ENODATA)
        fail(reading, "there is nothing to draw");
    if (error < 0)
        fail(reading, error_text(error, text, sizeof(text)));
    if (reading->why.size > 0)
        error = error < 0 ? error : -EINVAL;
    text_add(why, text_string(&reading->why));
    reading_free(reading);
    return error;
}

/* ---- recorded models ---- */

/* Makes a model of a message or a model file; takes over `bytes`. */
static int take_recorded(struct blob *bytes, struct offline_model *model)
{
    const struct model_options options = { .max_bytes = OFFLINE_MEMORY };
    if (bytes == NULL)
        return -ENOMEM;
    message_received(bytes);
    int error = model_make(bytes, &options, &model->file);
    blob_unref(bytes);
    return error;
}

/* A model without parts. */
static int read_nothing(struct offline_model *model)
{
    static const char nothing[] = "D:{\"data\":{\"instances\":[],\"shapes\":{\"version\":3,"
                                  "\"parts\":[],\"loc\":null,\"name\":"
                                  "\"\",\"id\":\"\"}},\"type\":\"data\",\"config\":{},\"count\":0}";
    return take_recorded(blob_copy(nothing, sizeof(nothing) - 1), model);
}

static int read_recorded(const char *path, struct offline_model *model, struct text *why)
{
    char reason[64];
    struct text text = { 0 };
    int error = file_read(path, OFFLINE_MEMORY, &text, NULL);
    if (error == 0)
        error = take_recorded(blob_copy(text.data, text.size), model);
    if (error == -EINVAL || error == -EBADMSG)
        text_add(why, "this is neither a recorded model nor a model file");
    else if (error < 0)
        text_add(why, error_text(error, reason, sizeof(reason)));
    text_free(&text);
    return error;
}

/* Reads what a recording shows last. */
static int read_recording(const char *path, struct offline_model *model, struct text *why)
{
    struct blob *last = NULL;
    int error = recorded_last(path, OFFLINE_MEMORY, &last, &model->exact);
    if (error == 0)
        error = take_recorded(last, model);
    if (error == -ENOENT)
        text_add(why, "there is no model at the end of the recording");
    else if (error < 0)
        recording_why(error, why);
    if (error < 0)
        blob_unref(model->exact);
    if (error < 0)
        model->exact = NULL;
    return error;
}

/* Whether the file is a recorded message, or a model file. */
static bool is_recorded(const char *path)
{
    char head[8] = "";
    FILE *file = fopen(path, "re");
    size_t size = file == NULL ? 0 : fread(head, 1, sizeof(head), file);
    if (file != NULL)
        fclose(file);
    return (size >= 2 && memcmp(head, "D:", 2) == 0) ||
           (size == sizeof(head) && memcmp(head, MODEL_MAGIC, sizeof(head)) == 0);
}

int offline_read_files(const struct offline_files *files, struct offline_model *model,
                       struct text *why)
{
    struct stat about;
    const char *path = files->paths[0];
    *model = (struct offline_model){ 0 };
    signal(SIGPIPE, SIG_IGN);
    if (files->count > 1)
        return read_cad(files, model, why);
    if (recording_is(path))
        return read_recording(path, model, why);
    if (strcmp(path, "/dev/null") == 0 ||
        (stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 0))
        return read_nothing(model);
    return is_recorded(path) ? read_recorded(path, model, why) : read_cad(files, model, why);
}

int offline_read(const char *path, struct offline_model *model, struct text *why)
{
    char *const paths[] = { (char *)path };
    const struct offline_files files = { .paths = paths, .count = 1 };
    return offline_read_files(&files, model, why);
}

void offline_free(struct offline_model *model)
{
    model_file_free(&model->file);
    blob_unref(model->exact);
    model->exact = NULL;
}
