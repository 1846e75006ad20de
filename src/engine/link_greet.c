/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What a connection to the engine begins with. */
#include "engine/link.h"

#include <stdio.h>
#include <string.h>

/* Whether the answer to HELLO, names and values, says that the server only copies another one: a
 * master that was demoted, which takes no show. A Sentinel says nothing of the kind. */
static bool is_replica(const struct resp *reply)
{
    if (reply->kind != RESP_ARRAY)
        return false;
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        const struct resp *name = &reply->items[i];
        const struct resp *value = &reply->items[i + 1];
        if (name->kind == RESP_STRING_VALUE && value->kind == RESP_STRING_VALUE &&
            strcmp(name->data, "role") == 0)
            return strcmp(value->data, "master") != 0;
    }
    return false;
}

static void on_greeted(void *arg, struct resp *reply)
{
    struct link *link = arg;
    if (reply == NULL || link->state != LINK_GREETING)
        return;
    if (reply->kind == RESP_ERROR) {
        link_fail(link, reply->data);
    } else if (is_replica(reply)) {
        link_fail(link, "it is a replica");
    } else if (list_empty(&link->asked)) {
        link->state = LINK_READY;
        link->ready_at = uv_now(link->setup.loop);
        link->trouble[0] = '\0';
        link->events->ready(link->owner);
    }
}

static int say(struct link *link, const char *const *texts)
{
    struct link_word words[LINK_WORDS];
    size_t count = link_words(texts, words);
    return link_send(link, words, count, LINK_SMALL, on_greeted, link);
}

/* HELLO does all at once: the protocol's version, the user, the name of the connection. */
int link_greet(struct link *link)
{
    char database[12];
    const struct engine *engine = link->setup.engine;
    const char *user = engine->user[0] == '\0' ? "default" : engine->user;
    const char *const open[] = { "HELLO", "2", "SETNAME", link->setup.name, NULL };
    const char *const closed[] = { "HELLO",          "2",       "AUTH",           user,
                                   engine->password, "SETNAME", link->setup.name, NULL };
    snprintf(database, sizeof(database), "%u", engine->database);
    int error = say(link, engine->password[0] == '\0' ? open : closed);
    if (error == 0 && engine->database > 0)
        error = say(link, (const char *const[]){ "SELECT", database, NULL });
    return error;
}
