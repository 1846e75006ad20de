/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "files/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "web/http.h"

/* Content-Type: the registered one, and others in use. What is not here is left to name and
 * content: many clients send application/octet-stream, or a form's type, with any file. */
static const struct {
    const char *type;
    const char *format;
} types[] = {
    { "model/step", "step" },
    { "application/step", "step" },
    { "application/p21", "step" },
    { "model/iges", "iges" },
    { "application/iges", "iges" },
    { "model/stl", "stl" },
    { "application/sla", "stl" },
    { "model/obj", "obj" },
    { "model/gltf+json", "gltf" },
    { "model/gltf-binary", "glb" },
    { "model/3mf", "3mf" },
    { "application/vnd.ms-package.3dmanufacturing-3dmodel+xml", "3mf" },
    { "model/vnd.ply", "ply" },
    { "application/vnd.opencascade.brep", "brep" },
};

static const char *const endings[] = { "step",  "stp", "p21", "iges", "igs", "brep", "brp",
                                       "bbrep", "stl", "obj", "gltf", "glb", "3mf",  "ply" };

bool request_is_model(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return true;
    }
    return false;
}

static int refuse(struct text *why, int status, const char *text)
{
    text_add(why, text);
    return status;
}

static bool is_type(const char *value, const char *type)
{
    size_t n = strlen(type);
    return strncasecmp(value, type, n) == 0 && strchr("; \t", value[n]) != NULL;
}

static int read_type(struct request *request, const struct http *http, struct text *why)
{
    const char *coding = http_header(http, "Content-Encoding");
    const char *type = http_header(http, "Content-Type");
    if (coding != NULL && strcasecmp(coding, "identity") != 0)
        return refuse(why, 415, "send the file without a Content-Encoding");
    if (type == NULL)
        return 0;
    if (is_type(type, "multipart/form-data"))
        return refuse(why, 415, "send the file as the body, not as a form: curl -T FILE URL");
    request->archive = is_type(type, "application/x-tar");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (is_type(type, types[i].type))
            request->format = types[i].format;
    }
    return 0;
}

/* The label of a file: what follows its folders. */
static int take_name(struct request *request, const char *name, struct text *why)
{
    const char *slash = strrchr(name, '/');
    const char *back = strrchr(name, '\\');
    const char *label = slash == NULL ? name : slash + 1;
    if (back != NULL && back >= label)
        label = back + 1;
    size_t size = strlen(label);
    if (size >= REQUEST_NAME || !utf8_valid((const uint8_t *)label, size))
        return refuse(why, 400, "the file's name is too long, or not UTF-8");
    memcpy(request->name, label, size + 1);
    for (char *c = request->name; *c != '\0'; c++) {
        if ((uint8_t)*c < 0x20 || *c == 0x7f)
            *c = '_';
    }
    return 0;
}

/* The importer takes no larger number. */
static int take_number(const char *text, double *out, struct text *why)
{
    char *end;
    *out = strtod(text, &end);
    if (*text != '\0' && *end == '\0' && *out > 0 && *out < 1e9)
        return 0;
    return refuse(why, 400, "deviation and angular_tolerance are numbers above 0, below 1e9");
}

static int take_parameter(struct request *request, const char *key, size_t size, const char *value,
                          struct text *why)
{
    if (size == 4 && memcmp(key, "name", 4) == 0)
        return take_name(request, value, why);
    if (size == 9 && memcmp(key, "deviation", 9) == 0)
        return take_number(value, &request->deviation, why);
    if (size == 17 && memcmp(key, "angular_tolerance", 17) == 0)
        return take_number(value, &request->angle, why);
    if (size == 4 && memcmp(key, "heal", 4) == 0) {
        request->heal = strcmp(value, "0") != 0;
        return strcmp(value, "0") == 0 || strcmp(value, "1") == 0
                   ? 0
                   : refuse(why, 400, "heal is 0 or 1");
    }
    if (size == 6 && memcmp(key, "camera", 6) == 0) {
        request->reset = strcmp(value, "reset") == 0;
        return request->reset || strcmp(value, "keep") == 0
                   ? 0
                   : refuse(why, 400, "camera is keep or reset");
    }
    /* The guard reads the token. */
    if (size == 5 && memcmp(key, "token", 5) == 0)
        return 0;
    text_format(why,
                "there is no parameter %.*s, only name, deviation, angular_tolerance, heal, "
                "camera",
                size > 40 ? 40 : (int)size, key);
    return 400;
}

int request_read(struct request *request, const struct http *http, const char *name,
                 struct text *why)
{
    char value[4 * REQUEST_NAME];
    const char *at = strchr(http_target(http), '?');
    memset(request, 0, sizeof(*request));
    request->heal = true;
    request->progress = http_header(http, "Cadcast-Progress") != NULL;
    int status = take_name(request, name, why);
    while (status == 0 && at != NULL && *at != '\0' && *at != '#') {
        at++;
        size_t size = strcspn(at, "=&#");
        const char *given = at[size] == '=' ? at + size + 1 : "";
        if (!http_query_value(given, value, sizeof(value)))
            return refuse(why, 400, "a parameter is too long");
        if (size > 0)
            status = take_parameter(request, at, size, value, why);
        at += strcspn(at, "&#");
    }
    return status == 0 ? read_type(request, http, why) : status;
}
