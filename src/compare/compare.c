/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "compare/compare.h"

#include <errno.h>
#include <stdio.h>

#include "compare/compare_match.h"
#include "compare/compare_model.h"
#include "compare/compare_report.h"
#include "compare/compare_side.h"

/* Bytes of memory of a copied tree for each byte of its text. */
#define JSON_WEIGHT 32

/* A comparison while it is made. */
struct work {
    const struct compare_options *options;
    struct compare_side from, to;
    struct compare_match match;
    struct limit limit;
    const char *fault;
    const char *whose; /* which of the models has the fault; "" if neither */
};

static const char *reason(int error)
{
    switch (error) {
    case -EFBIG:
        return "comparing needs more memory than is allowed";
    case -ETIMEDOUT:
        return "comparing takes longer than is allowed";
    case -ECANCELED:
        return "it is not wanted any more";
    case -ENODATA:
        return "neither model has a part";
    default:
        return "out of memory";
    }
}

static int read_both(struct work *work, const struct compare_input *from,
                     const struct compare_input *to)
{
    work->whose = "the first model: ";
    int error =
        compare_side_read(&work->from, from, work->options->max_bytes, &work->limit, &work->fault);
    if (error < 0)
        return error;
    work->whose = "the second model: ";
    error = compare_side_read(&work->to, to, work->from.scene.budget, &work->limit, &work->fault);
    if (error == 0)
        work->whose = "";
    return error;
}

static int make_model(struct work *work, const struct compare_input *from,
                      const struct compare_input *to, struct compare_result *result)
{
    size_t budget = work->to.scene.budget;
    size_t json = 0;
    for (int i = 0; i < 2; i++) {
        const struct blob *file = i == 0 ? from->file : to->file;
        const struct scene *scene = i == 0 ? &work->from.scene : &work->to.scene;
        json += file->size - scene->size;
    }
    if (json > budget / JSON_WEIGHT)
        return -EFBIG;
    struct model_options options = { .max_bytes = budget - json * JSON_WEIGHT,
                                     .cancel = work->options->cancel };
    for (size_t i = 0; i < sizeof(options.key); i++)
        options.key[i] = work->options->key[i];
    return compare_model(&work->match, &work->from, &work->to, &options, &result->model);
}

static int run(struct work *work, const struct compare_input *from, const struct compare_input *to,
               struct compare_result *result)
{
    int error = read_both(work, from, to);
    if (error == 0)
        error = compare_match(&work->match, &work->from, &work->to);
    if (error == 0)
        error = limit_check(&work->limit);
    if (error < 0)
        return error;
    result->same = work->match.counts[COMPARE_MATCH_SAME] == work->match.count;
    result->report = compare_report(&work->match, &work->from, &work->to, work->options->limit);
    if (result->report == NULL)
        return -ENOMEM;
    return work->options->picture ? make_model(work, from, to, result) : 0;
}

int compare_models(const struct compare_input *from, const struct compare_input *to,
                   const struct compare_options *options, struct compare_result *result)
{
    struct work work = { .options = options,
                         .limit = limit_start(options->max_ms, options->cancel),
                         .whose = "" };
    *result = (struct compare_result){ 0 };
    int error = run(&work, from, to, result);
    if (error < 0) {
        json_decref(result->report);
        result->report = NULL;
        /* An array that lies outside its file is found when it is copied, too. */
        const char *plain = error == -EINVAL ? "an array lies outside the file" : reason(error);
        snprintf(result->fault, sizeof(result->fault), "%s%s", work.whose,
                 work.fault != NULL ? work.fault : plain);
    }
    compare_match_free(&work.match);
    compare_side_free(&work.from);
    compare_side_free(&work.to);
    return error;
}

void compare_result_free(struct compare_result *result)
{
    json_decref(result->report);
    model_file_free(&result->model);
    result->report = NULL;
}
