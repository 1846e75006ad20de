/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/refuse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/session.h"

/* Key of the notice on the page, which shows one text per key. */
#define KEY "refused"

/* Writes a size as the page does: in powers of a thousand. */
static void write_size(char *out, size_t room, uint64_t bytes)
{
    static const char *const units[] = { "kB", "MB", "GB", "TB" };
    double number = (double)bytes / 1000;
    size_t unit = 0;
    for (; number >= 1000 && unit < 3; unit++)
        number /= 1000;
    if (bytes < 1000)
        snprintf(out, room, "%d B", (int)bytes);
    else
        snprintf(out, room, "%.*f %s", number < 100, number, units[unit]);
}

void refuse_limit(char *out, size_t room, const char *option, uint64_t limit)
{
    static const char letters[] = "KMGT";
    uint64_t unit = 1;
    int letter = -1;
    while (letter < 3 && limit >= unit * 1024) {
        unit *= 1024;
        letter++;
    }
    if (letter < 0)
        snprintf(out, room, "--%s is %" PRIu64, option, limit);
    else
        snprintf(out, room, "--%s is %.*f%c", option, limit % unit != 0,
                 (double)limit / (double)unit, letters[letter]);
}

static const char *what(char kind)
{
    switch (kind) {
    case 'D':
        return "a model";
    case 'B':
        return "exact geometry";
    case 'E':
        return "a show";
    case 'F':
        return "a shape";
    default:
        return "a message";
    }
}

static void tell_pages(const struct session *session, const char *text)
{
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BROWSER && peer->ours)
            peer_send_notice(peer, KEY, text);
    }
}

static void keep(struct session *session, char kind, const char *text)
{
    free(session->refused);
    session->refused = strdup(text);
    session->empty_shown = false;
    session->run_failed = false;
    if (kind == 'D' || kind == 0)
        session->model_refused = true;
    /* The geometry kept so far belongs to an earlier model. */
    if (kind == 'B' || kind == 0)
        session_drop_parts(session);
    tell_pages(session, text);
}

void refuse_message(struct peer *peer, const struct refuse_details *refusal, char text[REFUSE_TEXT])
{
    struct session *session = peer->session;
    char size[32];
    write_size(size, sizeof(size), refusal->size);
    snprintf(text, REFUSE_TEXT, "%s of %s%s was refused: %s", what(refusal->kind),
             refusal->more ? "more than " : "", size, refusal->why);
    log_warning(peer->view->log, "show", "session %s: %s (%" PRIu64 " bytes from %s)",
                session->name, text, refusal->size, peer->name);
    peer->view->bad_messages++;
    if (peer->role == PEER_KERNEL && !peer->read_only)
        keep(session, refusal->kind, text);
}

void refuse_empty(struct session *session)
{
    log_info(session->view->log, "show", "session %s: the last show held nothing to draw",
             session->name);
    keep(session, 'D',
         session->picture.model == NULL
             ? "The last show held nothing to draw."
             : "The last show held nothing to draw: the picture is the one before it.");
    session->empty_shown = true;
}

void refuse_file(struct session *session, const char *text)
{
    keep(session, 'E', text);
}

bool refuse_parts(const struct session *session)
{
    return session->model_refused;
}

void refuse_run(struct session *session, const char *text)
{
    keep(session, 'E', text);
    session->run_failed = true;
}

void refuse_forget(struct session *session)
{
    session->model_refused = false;
    session->empty_shown = false;
    session->run_failed = false;
    if (session->refused == NULL)
        return;
    free(session->refused);
    session->refused = NULL;
    tell_pages(session, "");
}

void refuse_greet(struct peer *peer)
{
    if (peer->session->refused != NULL)
        peer_send_notice(peer, KEY, peer->session->refused);
}
