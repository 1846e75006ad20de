/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "export/export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "export/export_3mf.h"
#include "export/export_exact.h"
#include "export/export_glb.h"
#include "export/export_html.h"
#include "export/export_stl.h"

static const struct {
    const char *extension;
    const char *type;
    bool drawn; /* it has lines and points */
    int (*write)(struct export_tree *tree, struct export_out *out);
} formats[EXPORT_FORMATS] = {
    [EXPORT_STL] = { "stl", "model/stl", false, export_stl },
    [EXPORT_GLB] = { "glb", "model/gltf-binary", true, export_glb },
    [EXPORT_3MF] = { "3mf", "model/3mf", false, export_3mf },
    /* Not made of the tree. */
    [EXPORT_HTML] = { "html", "text/html; charset=utf-8", true, NULL },
    [EXPORT_STEP] = { "step", "model/step", true, NULL },
    [EXPORT_BREP] = { "brep", "model/vnd.opencascade.brep", true, NULL },
};

enum export_format export_format_of(const char *extension)
{
    int i = 0;
    if (strcasecmp(extension, "stp") == 0)
        return EXPORT_STEP;
    if (strcasecmp(extension, "brp") == 0)
        return EXPORT_BREP;
    while (i < EXPORT_FORMATS && strcasecmp(formats[i].extension, extension) != 0)
        i++;
    return (enum export_format)i;
}

const char *export_extension(enum export_format format)
{
    return formats[format].extension;
}

const char *export_type(enum export_format format)
{
    return formats[format].type;
}

static const char *reason(int error)
{
    switch (error) {
    case -EFBIG:
        return "the file would be larger than is allowed";
    case -ETIMEDOUT:
        return "writing it takes longer than is allowed";
    case -ECANCELED:
        return "it is not wanted any more";
    case -ENOMEM:
        return "out of memory";
    default:
        return "it cannot be written";
    }
}

/* The formats that are made of the tree. */
static int write_tree(const uint8_t *file, size_t size, const struct export_options *options,
                      struct export_out *out, struct export_result *result)
{
    struct export_tree tree = { .fault = result->fault };
    int error = export_tree_read(&tree, file, size, options, formats[options->format].drawn);
    if (error == 0) {
        out->limit = tree.scene.budget;
        error = formats[options->format].write(&tree, out);
    }
    result->left_out = tree.left_out;
    if (error < 0 && tree.scene.fault != NULL) {
        export_tree_fail(&tree, error, tree.scene.fault);
        error = error == -ENOMEM ? -EFBIG : error;
    }
    export_tree_free(&tree);
    return error;
}

int export_write(const uint8_t *file, size_t size, const struct export_options *options,
                 struct export_result *result)
{
    struct export_out out = { .limit = options->max_bytes };
    *result = (struct export_result){ 0 };
    const char *extension = formats[options->format].extension;
    int error = 0;
    if (options->format == EXPORT_STEP || options->format == EXPORT_BREP)
        error = export_exact(file, size, options, extension, result);
    else if (options->format == EXPORT_HTML)
        error = export_html(file, size, options, &out, result->fault);
    else
        error = write_tree(file, size, options, &out, result);
    if (error == 0 && result->bytes == NULL)
        result->bytes = blob_ref(out.blob);
    if (error < 0 && result->fault[0] == '\0')
        snprintf(result->fault, EXPORT_WHY, "%s", reason(error));
    export_out_free(&out);
    return error;
}
