/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Exact geometry and questions for external measurement backends. */
#include <stdlib.h>
#include <string.h>

#include "view/message.h"
#include "view/session.h"

/* Largest answer, in bytes, that is matched against the question. */
#define ANSWER_READ 65536

/* Questions that may wait for an external backend. */
#define QUESTIONS_MAX 256

struct question {
    struct list link;
    struct weak_pointer *browser; /* the browser that asked */
    char *text;                   /* the status update that carries the question */
    char *tool;
    uint64_t sent; /* milliseconds, 0: still waiting for its turn */
};

void session_forget_question(struct session *session, struct list *member)
{
    struct question *question = list_entry(member, struct question, link);
    list_remove(&question->link);
    session->question_count--;
    weak_pointer_unref(question->browser);
    free(question->text);
    free(question->tool);
    free(question);
}

struct peer *session_backend(const struct session *session)
{
    list_each(pos, next, &session->peers) {
        struct peer *peer = list_entry(pos, struct peer, link);
        if (peer->role == PEER_BACKEND && !peer->closing)
            return peer;
    }
    return NULL;
}

void session_parts(struct session *session, struct blob *blob)
{
    struct peer *backend = blob == NULL ? NULL : session_backend(session);
    session_replace_blob(session, &session->picture.parts, blob);
    session->parts_making = false;
    session->parts_of = session->picture.number;
    if (backend != NULL)
        peer_send(backend, blob, PEER_MATTER_PICTURE);
    session->view->services.parts(session->view->services.owner, session);
}

struct blob *session_exact(const struct session *session)
{
    return session->parts_of == session->picture.number ? session->picture.parts : NULL;
}

int session_copy_picture(const struct session *session, struct picture *copy)
{
    int error = picture_copy(copy, &session->picture);
    if (error == 0 && session_exact(session) == NULL) {
        blob_unref(copy->parts);
        copy->parts = NULL;
    }
    return error;
}

/* Sends the next question. One at a time, as an answer does not identify its question. */
static void next_question(struct session *session)
{
    struct peer *backend = session_backend(session);
    while (!list_empty(&session->questions)) {
        struct question *question = list_entry(session->questions.next, struct question, link);
        if (question->sent != 0)
            return;
        struct peer *browser = weak_pointer_get(question->browser);
        if (backend != NULL && browser != NULL) {
            /* A backend ignores values that equal those of the previous update, so send an empty
             * update first. */
            peer_send_text(backend, "{\"command\":\"status\",\"text\":{}}", 30);
            peer_send_text(backend, question->text, strlen(question->text));
            question->sent = view_now(session->view);
            return;
        }
        if (browser != NULL)
            peer_send_no_answer(browser, question->tool, "no measurement backend");
        session_forget_question(session, &question->link);
    }
}

/* Asks it for `peer`, which gets the answer, or the reason why there is none. */
static void ask_backend(struct session *session, struct peer *peer, const char *tool, json_t *ids)
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
        peer_send_no_answer(peer, tool,
                            session->question_count >= QUESTIONS_MAX
                                ? "too many questions are waiting"
                                : "out of memory");
        return;
    }
    question->browser = weak_pointer_ref(peer->weak);
    question->text = text;
    question->tool = name;
    list_append(&session->questions, &question->link);
    session->question_count++;
    next_question(session);
}

/* Whether an answer may belong to this question: a late answer to an earlier question that timed
 * out must not. Only the tool can be compared. */
static bool fits(const struct question *question, const struct blob *blob)
{
    json_error_t error;
    json_t *answer = blob->size > ANSWER_READ ? NULL : message_json(blob, &error);
    const char *tool = json_string_value(json_object_get(answer, "tool_type"));
    bool same = tool == NULL || strcmp(tool, question->tool) == 0;
    json_decref(answer);
    return same;
}

const char *session_backend_answer(struct session *session, struct blob *blob)
{
    if (list_empty(&session->questions))
        return "no question waits for this answer";
    struct question *question = list_entry(session->questions.next, struct question, link);
    struct peer *browser = weak_pointer_get(question->browser);
    if (question->sent == 0)
        return "no question waits for this answer";
    if (!fits(question, blob))
        return "the answer is for another question";
    session_forget_question(session, &question->link);
    if (browser != NULL)
        peer_send(browser, blob, PEER_MATTER_ANSWER);
    next_question(session);
    return NULL;
}

void session_tick_questions(struct session *session)
{
    uint64_t now = view_now(session->view);
    if (list_empty(&session->questions))
        return;
    struct question *question = list_entry(session->questions.next, struct question, link);
    uint64_t wait = session->view->options.measure_wait;
    if (question->sent != 0 && session_backend(session) != NULL &&
        (wait == 0 || now - question->sent < wait))
        return;
    const char *why = session_backend(session) == NULL ? "the measurement backend is gone"
                                                       : "the measurement backend did not answer";
    struct peer *browser = weak_pointer_get(question->browser);
    if (browser != NULL)
        peer_send_no_answer(browser, question->tool, why);
    log_warning(session->view->log, "measure", "session %s: %s", session->name, why);
    session_forget_question(session, &question->link);
    next_question(session);
}

void session_measure(struct peer *peer, const char *tool, json_t *ids)
{
    const struct view *view = peer->view;
    bool external = !view->options.builtin && session_backend(peer->session) != NULL;
    /* A backend would answer about the last geometry that it was sent. */
    if (external && peer->session->picture.parts == NULL)
        peer_send_no_answer(peer, tool, "there is no exact geometry for this model");
    else if (external)
        ask_backend(peer->session, peer, tool, ids);
    else if (view->options.builtin || view->options.remote)
        view->services.ask(view->services.owner, peer, tool, ids);
    else
        peer_send_no_answer(peer, tool, "exact measuring is not available");
}
