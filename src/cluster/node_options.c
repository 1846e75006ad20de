/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What the command line says of the cluster. */
#include "cluster/node.h"

#include <stdio.h>
#include <string.h>

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* The name of this machine, whose other characters are left out, and a port. */
static void usual_name(char name[NODE_NAME], uint16_t port)
{
    char machine[UV_MAXHOSTNAMESIZE] = "";
    size_t size = sizeof(machine);
    size_t n = 0;
    uv_os_gethostname(machine, &size);
    for (const char *c = machine; *c != '\0' && n < 100; c++) {
        if (strchr(NAME_CHARACTERS, *c) != NULL)
            name[n++] = *c;
    }
    snprintf(name + n, NODE_NAME - n, "-%u", port);
}

bool node_name_ok(const char *name)
{
    size_t size = strspn(name, NAME_CHARACTERS);
    return size > 0 && size <= 100 && name[size] == '\0';
}

const char *node_options(struct node_options *options, const char *url, const char *prefix,
                         const char *name, uint16_t port)
{
    const char *fault = engine_parse(&options->engine, url);
    if (fault != NULL)
        return fault;
    if (strlen(prefix) >= NODE_PREFIX || prefix[strspn(prefix, NAME_CHARACTERS ":/")] != '\0')
        return "--cluster-prefix has up to 63 of A-Z a-z 0-9 . _ - : /";
    if (name != NULL && !node_name_ok(name))
        return "--node-name has 1 to 100 of A-Z a-z 0-9 . _ -";
    snprintf(options->prefix, sizeof(options->prefix), "%s", prefix);
    if (name != NULL)
        snprintf(options->name, sizeof(options->name), "%s", name);
    else
        usual_name(options->name, port);
    return NULL;
}
