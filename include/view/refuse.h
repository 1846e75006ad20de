/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_REFUSE_H
#define CADCAST_VIEW_REFUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer;
struct session;

/* Bytes for the text of a refusal, with its terminating zero: fits into a close frame (RFC 6455
 * section 5.5.1). */
#define REFUSE_TEXT 120

/* A message that is refused. */
struct refuse_details {
    char kind;       /* of the message; 0: unknown */
    uint64_t size;   /* its bytes */
    bool more;       /* it is longer than `size`: further frames were to follow */
    const char *why; /* the reason, such as "--max-message is 1M" */
};

/* Writes "--max-memory is 20M" for an option that limits bytes. */
void refuse_limit(char *out, size_t room, const char *option, uint64_t limit);

/*
 * Refuses a message of `peer`: writes one line to the log, and the text for its sender to `text`.
 * If the sender is a kernel, our pages of the session show the text until a model is shown again,
 * pages that connect later included. The exact geometry that the kernel sends next belongs to a
 * model that is not shown, so it is refused too (refuse_parts); that of the picture on screen
 * stays.
 */
void refuse_message(struct peer *peer, const struct refuse_details *refusal,
                    char text[REFUSE_TEXT]);

/* A model without anything to draw was received: until a model is shown, our pages of the session
 * display that their picture is an older one, pages that connect later included. The geometry that
 * the kernel sends next is empty too, and that of the picture on screen stays. */
void refuse_empty(struct session *session);

/* A file cannot be shown: our pages of the session show that text in the same way. */
void refuse_file(struct session *session, const char *text);

/* A run of a script that shows into the session failed: the same, until one succeeds. */
void refuse_run(struct session *session, const char *text);

/* Whether exact geometry received now belongs to a model that was refused. */
bool refuse_parts(const struct session *session);

/* Withdraws the refusal: a model is shown, or the picture was cleared. */
void refuse_forget(struct session *session);

/* Sends a page that has just been greeted the text of the refusal, if there is one. */
void refuse_greet(struct peer *peer);

#endif
