/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Exact geometry: kept for the helper, and passed on to external measurement backends. */
#include <stdlib.h>
#include <string.h>

#include "view/hub.h"
#include "view/message.h"
#include "view/session.h"

/* An answer up to this size is looked into. */
#define ANSWER_READ 65536

/* Questions that may wait for an external backend. */
#define QUESTIONS_MAX 256

struct question {
    struct list link;
    struct weak *browser; /* who asked */
    char *text;           /* the status update that asks */
    char *tool;
    uint64_t sent; /* milliseconds, 0: still waiting for its turn */
};

void session_forget_question(struct session *session, struct list *member)
{
    struct question *question = list_entry(member, struct question, link);
    list_remove(&question->link);
    session->question_count--;
    weak_unref(question->browser);
    free(question->text);
    free(question->tool);
    free(question);
}

struct peer *session_backend(const struct session *session)
{
    list_each(pos, next, &session->peers)
    {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BACKEND && !peer->closing)
            return peer;
    }
    return NULL;
}

bool session_parts(struct session *session, struct blob *blob, size_t offset)
{
    session_replace_blob(session, &session->parts, blob);
    session->parts_offset = offset;
    bool room = hub_make_room(session->hub, 0, session);
    if (!room) {
        log_warning(session->hub->log, "session", "%s: no room for exact geometry of %zu bytes",
                    session->name, blob->size);
        session_replace_blob(session, &session->parts, NULL);
    }
    struct peer *backend = session_backend(session);
    if (backend != NULL && room)
        peer_send(backend, blob, offset, MATTER_PICTURE);
    session->hub->services.parts(session->hub->services.owner, session);
    return room;
}

void hub_measure_failed(struct peer *peer, const char *tool, const char *reason)
{
    /* The page's panel shows the sections of `result`; see docs/measuring.md. */
    json_t *answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:n, s:n, s:n, s:[{s:s}]}", "type",
                               "backend_response", "subtype", "tool_response", "tool_type", tool,
                               "error", reason, "shape_type", "No answer", "geom_type", "error",
                               "refpoint", "refpoint1", "refpoint2", "result", "error", reason);
    peer_send_json(peer, answer);
    json_decref(answer);
}

/* Sends the next question, one at a time: an answer does not say what it answers. */
static void next_question(struct session *session)
{
    struct peer *backend = session_backend(session);
    while (!list_empty(&session->questions)) {
        struct question *question = list_entry(session->questions.next, struct question, link);
        if (question->sent != 0)
            return;
        struct peer *browser = weak_get(question->browser);
        if (backend != NULL && browser != NULL) {
            /* A backend skips what the update before it said too: so nothing comes before. */
            peer_send_text(backend, "{\"command\":\"status\",\"text\":{}}", 30);
            peer_send_text(backend, question->text, strlen(question->text));
            question->sent = hub_now(session->hub);
            return;
        }
        if (browser != NULL)
            hub_measure_failed(browser, question->tool, "no measurement backend");
        session_forget_question(session, &question->link);
    }
}

void session_ask_backend(struct session *session, struct peer *peer, const char *tool, json_t *ids)
{
    struct question *question = calloc(1, sizeof(*question));
    json_t *update = json_pack("{s:s, s:{s:s, s:O}}", "command", "status", "text", "activeTool",
                               tool, "selectedShapeIDs", ids);
    char *text = update == NULL ? NULL : json_dumps(update, JSON_COMPACT);
    char *name = strdup(tool);
    json_decref(update);
    if (question == NULL || text == NULL || name == NULL ||
        session->question_count >= QUESTIONS_MAX) {
        free(question);
        free(text);
        free(name);
        hub_measure_failed(peer, tool, "too many questions are waiting");
        return;
    }
    question->browser = weak_ref(peer->weak);
    question->text = text;
    question->tool = name;
    list_append(&session->questions, &question->link);
    session->question_count++;
    next_question(session);
}

/* Whether an answer may be one to this question: a late one to a question that was given up shall
 * not be taken for it. Only the tool can be compared. */
static bool fits(const struct question *question, const struct blob *blob)
{
    json_error_t error;
    json_t *answer = blob->size > ANSWER_READ ? NULL : message_json(blob, &error);
    const char *tool = json_string_value(json_object_get(answer, "tool_type"));
    bool same = tool == NULL || strcmp(tool, question->tool) == 0;
    json_decref(answer);
    return same;
}

const char *session_backend_answer(struct session *session, struct blob *blob, size_t offset)
{
    if (list_empty(&session->questions))
        return "an answer that nobody waits for";
    struct question *question = list_entry(session->questions.next, struct question, link);
    struct peer *browser = weak_get(question->browser);
    if (question->sent == 0)
        return "an answer that nobody waits for";
    if (!fits(question, blob))
        return "an answer to another question";
    session_forget_question(session, &question->link);
    if (browser != NULL)
        peer_send(browser, blob, offset, MATTER_ANSWER);
    next_question(session);
    return NULL;
}

void session_tick_questions(struct session *session)
{
    uint64_t now = hub_now(session->hub);
    if (list_empty(&session->questions))
        return;
    struct question *question = list_entry(session->questions.next, struct question, link);
    uint64_t wait = session->hub->options.measure_wait;
    if (question->sent != 0 && session_backend(session) != NULL &&
        (wait == 0 || now - question->sent < wait))
        return;
    const char *why = session_backend(session) == NULL ? "the measurement backend is gone"
                                                       : "the measurement backend did not answer";
    struct peer *browser = weak_get(question->browser);
    if (browser != NULL)
        hub_measure_failed(browser, question->tool, why);
    log_warning(session->hub->log, "measure", "session %s: %s", session->name, why);
    session_forget_question(session, &question->link);
    next_question(session);
}
