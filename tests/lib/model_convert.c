/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* model-convert IN OUT: converts a recorded message, or a payload, to a model file; for tests in
 * other languages. Prints what the converter says of it as one JSON object; status 1 and the
 * error's number if there is no file. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

static struct blob *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct blob *blob = blob_new(0);
    char piece[65536];
    size_t n;
    if (file == NULL || blob == NULL) {
        perror(path);
        exit(2);
    }
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
        if (blob_append(blob, piece, n) < 0)
            exit(2);
    }
    fclose(file);
    return blob;
}

static int write_file(const char *path, const struct blob *blob)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return -1;
    size_t n = fwrite(blob->data, 1, blob->size, file);
    return fclose(file) == 0 && n == blob->size ? 0 : -1;
}

static void print_facts(const struct model_file *file)
{
    json_t *names = json_array();
    for (unsigned i = 0; i < file->parts && i < MODEL_NAMES; i++)
        json_array_append_new(names, json_string(file->part_names[i]));
    json_t *facts =
        json_pack("{ss si si si si sI sb ss ss so}", "hash", file->hash, "arrays",
                  (int)file->arrays, "left", (int)file->left, "leaves", (int)file->leaves, "parts",
                  (int)file->parts, "count", (json_int_t)file->count, "splash", (int)file->splash,
                  "type", file->type, "name", file->name, "names", names);
    json_dumpf(facts, stdout, JSON_COMPACT);
    json_decref(facts);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: model-convert IN OUT\n");
        return 2;
    }
    struct blob *blob = read_file(argv[1]);
    struct model_options options = { .key = { 1 } };
    struct model_file file;
    bool message = blob->size > 2 && memcmp(blob->data, "D:", 2) == 0;
    blob->skip = message ? 2 : 0;
    int error = model_convert(blob, &options, &file);
    blob_unref(blob);
    if (error < 0) {
        printf("%d\n", error);
        return 1;
    }
    int status = write_file(argv[2], file.bytes) < 0 ? 2 : 0;
    print_facts(&file);
    model_file_free(&file);
    return status;
}
