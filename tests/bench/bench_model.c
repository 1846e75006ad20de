/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * bench_model [--compress] FILE...: how fast recorded `D` messages become model files, beside what
 * copying the same bytes costs in the same run. Every round does each thing once, so that a busy
 * machine disturbs all alike; medians, and in brackets the least and greatest.
 *
 *   copy fresh  memcpy to memory just taken from the system: its pages must be made first
 *   copy again  memcpy to memory in use
 *   type scan   type_scanner_feed in pieces of 64 KiB
 *   read        model_read alone: where everything is
 *   convert     model_convert, whole
 *   sha256      what SHA-256 of the file alone would cost, had base/hash.h not taken its place
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/compress.h"
#include "model/model.h"
#include "model/model_read.h"
#include "model/type_scanner.h"

enum { ROUNDS = 21, PIECE = 65536 };

enum what { FRESH, AGAIN, TYPE_SCAN, READ, CONVERT, SHA256, WHATS };

static const char *const names[WHATS] = { "copy fresh", "copy again", "type scan",
                                          "read",       "convert",    "sha256" };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_model: %s failed\n", what);
    exit(1);
}

static struct blob *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    struct blob *blob = blob_new((size_t)ftell(file));
    rewind(file);
    if (blob == NULL || fread(blob->data, 1, blob->room, file) != blob->room)
        fail(path);
    blob->size = blob->room;
    fclose(file);
    return blob;
}

static double copy_fresh(const struct blob *blob)
{
    double start = now();
    void *to = mmap(NULL, blob->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (to == MAP_FAILED)
        fail("mmap");
    memcpy(to, blob->data, blob->size);
    __asm__ volatile("" : : "r"(to) : "memory");
    double end = now();
    munmap(to, blob->size);
    return end - start;
}

static double copy_again(const struct blob *blob, char *to)
{
    double start = now();
    memcpy(to, blob->data, blob->size);
    /* Forces the compiler to copy, as if the bytes were read. */
    __asm__ volatile("" : : "r"(to) : "memory");
    return now() - start;
}

static double type_scan(const struct blob *blob)
{
    struct type_scanner state;
    double start = now();
    type_scanner_init(&state);
    for (size_t at = 2; at < blob->size; at += PIECE)
        type_scanner_feed(&state, blob->data + at,
                          blob->size - at < PIECE ? blob->size - at : PIECE);
    double end = now();
    if (!type_scanner_done(&state))
        fail("type scan");
    return end - start;
}

static double read_only(const struct blob *blob)
{
    struct model_spans spans = { .limit = SIZE_MAX };
    struct model_file file;
    double start = now();
    if (model_read(blob->data + 2, blob->size - 2, false, &spans, &file) < 0)
        fail("model_read");
    double end = now();
    free(spans.spans);
    return end - start;
}

static double convert(const struct blob *blob, struct model_file *file)
{
    struct model_options options = { .key = { 1 } };
    double start = now();
    if (model_convert(blob, &options, file) < 0)
        fail("model_convert");
    return now() - start;
}

static double sha256(const struct model_file *file)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    double start = now();
    EVP_Digest(file->bytes->data, file->bytes->size, digest, NULL, EVP_sha256(), NULL);
    return now() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print_row(const char *name, double *times, size_t n, size_t bytes, double unit)
{
    qsort(times, n, sizeof(*times), compare);
    double median = times[n / 2];
    printf("  %-11s %8.2f ms (%.2f - %.2f) %7.2f GB/s", name, median, times[0], times[n - 1],
           (double)bytes / median * 1e-6);
    if (unit > 0)
        printf("  %5.2f of copy fresh", median / unit);
    printf("\n");
}

static void bench_convert(const struct blob *blob)
{
    double times[WHATS][ROUNDS];
    char *to = malloc(blob->size);
    if (to == NULL)
        fail("malloc");
    memset(to, 1, blob->size);
    size_t size = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct model_file file;
        times[FRESH][i] = copy_fresh(blob);
        times[AGAIN][i] = copy_again(blob, to);
        times[TYPE_SCAN][i] = type_scan(blob);
        times[READ][i] = read_only(blob);
        times[CONVERT][i] = convert(blob, &file);
        times[SHA256][i] = sha256(&file);
        size = file.bytes->size;
        model_file_free(&file);
    }
    free(to);
    printf("  %zu bytes become %zu\n", blob->size, size);
    for (enum what what = 0; what < WHATS; what++) {
        print_row(names[what], times[what], ROUNDS, what == SHA256 ? size : blob->size,
                  what == FRESH ? 0 : times[FRESH][ROUNDS / 2]);
    }
}

static void bench_compress(const struct blob *blob, const char *what, int rounds)
{
    static const int levels[2][5] = { { 1, 2, 4, 6, 0 }, { 1, 2, 3, 6, 0 } };
    for (enum compress_kind kind = COMPRESS_GZIP; kind <= COMPRESS_ZSTD; kind++) {
        for (const int *level = levels[kind]; *level != 0; level++) {
            double times[ROUNDS];
            size_t size = 0;
            for (int i = 0; i < rounds; i++) {
                struct blob *out;
                double start = now();
                if (compress_blob(kind, *level, blob, NULL, &out) != 0)
                    fail("compress_blob");
                times[i] = now() - start;
                size = out->size;
                blob_unref(out);
            }
            qsort(times, (size_t)rounds, sizeof(*times), compare);
            double median = times[rounds / 2];
            printf("  %s %s -%d %8.1f ms %7.1f MB/s %6.2f MB, ratio %.2f\n", what,
                   compress_name(kind), *level, median, (double)blob->size / median * 1e-3,
                   (double)size * 1e-6, (double)blob->size / (double)size);
        }
    }
}

static void bench_file(const char *path, bool compress)
{
    struct blob *blob = read_file(path);
    printf("%s\n", path);
    if (compress) {
        struct model_file file;
        convert(blob, &file);
        bench_compress(file.bytes, "model", 5);
        bench_compress(blob, "text ", 3);
        model_file_free(&file);
    } else {
        bench_convert(blob);
    }
    blob_unref(blob);
}

int main(int argc, char **argv)
{
    bool compress = argc > 1 && strcmp(argv[1], "--compress") == 0;
    for (int i = compress ? 2 : 1; i < argc; i++)
        bench_file(argv[i], compress);
    return argc > (compress ? 2 : 1) ? 0 : 1;
}
