/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "compare/compare_text.h"

#include <stdbool.h>
#include <string.h>

static double number(const json_t *box, const char *least, const char *most)
{
    return json_number_value(json_object_get(box, most)) -
           json_number_value(json_object_get(box, least));
}

static double middle(const json_t *box, const char *least, const char *most)
{
    return (json_number_value(json_object_get(box, most)) +
            json_number_value(json_object_get(box, least))) /
           2;
}

static void print_size(const json_t *part, FILE *out)
{
    const json_t *box = json_object_get(part, "box");
    if (box != NULL)
        fprintf(out, "%.4g x %.4g x %.4g", number(box, "xmin", "xmax"), number(box, "ymin", "ymax"),
                number(box, "zmin", "zmax"));
}

/* What of the sizes differs. */
static void print_change(const json_t *from, const json_t *to, FILE *out)
{
    const json_t *before = json_object_get(from, "volume"), *after = json_object_get(to, "volume");
    fputs(", ", out);
    print_size(from, out);
    fputs(" -> ", out);
    print_size(to, out);
    fputs(" mm", out);
    if (before != NULL && after != NULL)
        fprintf(out, ", %.6g -> %.6g mm3", json_number_value(before), json_number_value(after));
}

static void print_move(const json_t *from, const json_t *to, FILE *out)
{
    const json_t *a = json_object_get(from, "box"), *b = json_object_get(to, "box");
    if (a != NULL && b != NULL)
        fprintf(out, ", its middle by %.4g %.4g %.4g mm",
                middle(b, "xmin", "xmax") - middle(a, "xmin", "xmax"),
                middle(b, "ymin", "ymax") - middle(a, "ymin", "ymax"),
                middle(b, "zmin", "zmax") - middle(a, "zmin", "zmax"));
}

static void print_part(const json_t *part, FILE *out)
{
    size_t i;
    json_t *each;
    const json_t *from = json_object_get(part, "from"), *to = json_object_get(part, "to");
    const char *what = json_string_value(json_object_get(part, "class"));
    const char *old = json_string_value(json_object_get(from, "id"));
    const char *id = json_string_value(json_object_get(part, "id"));
    bool renamed = strcmp(what, "renamed") == 0;
    fprintf(out, "%-11s %s%s%s", what, renamed ? old : "", renamed ? " -> " : "", id);
    json_array_foreach(json_object_get(part, "differs"), i, each)
        fprintf(out, "%s%s", i == 0 ? ": " : ", ", json_string_value(each));
    if (strcmp(what, "changed") == 0)
        print_change(from, to, out);
    if (strcmp(what, "moved") == 0)
        print_move(from, to, out);
    fputc('\n', out);
}

void compare_text_print(const json_t *report, FILE *out)
{
    size_t i;
    const char *name;
    json_t *each;
    bool some = false;
    json_array_foreach(json_object_get(report, "parts"), i, each)
        print_part(each, out);
    if (json_object_get(report, "left_out") != NULL)
        fprintf(out, "... and %lld more\n",
                (long long)json_integer_value(json_object_get(report, "left_out")));
    json_object_foreach(json_object_get(report, "counts"), name, each) {
        if (json_integer_value(each) == 0)
            continue;
        fprintf(out, "%s%lld %s", some ? ", " : "", (long long)json_integer_value(each), name);
        some = true;
    }
    fprintf(out, "%s\n", some ? "" : "neither has a part");
    if (json_object_get(report, "note") != NULL)
        fprintf(out, "%s\n", json_string_value(json_object_get(report, "note")));
}
