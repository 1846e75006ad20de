/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_SESSION_LEAD_H
#define CADCAST_VIEW_SESSION_LEAD_H

#include <jansson.h>

struct peer;
struct session;

/*
 * One page of a session may lead: its camera, what it hides, its tab, and which picture of the
 * history it looks at, are passed on to the session's other pages, which follow until their person
 * moves. Changes are passed on at most every SESSION_LEAD_PAUSE milliseconds; those between are
 * merged and follow in one message.
 */
#define SESSION_LEAD_PAUSE 30

/* A page leads from now on, instead of the one that did, or shows more of its view: `view` has what
 * changed, as in status reports, and is borrowed; JSON's null: the page no longer leads. NULL, or
 * the fault of the message. */
const char *session_lead(struct peer *peer, json_t *view);

/* Tells a page that has just registered who leads, and how that page sees the model. */
void session_lead_greet(struct peer *peer);

/* The peer leaves the session. The others are told at the next tick: sending may end connections,
 * and the caller may be going through them. */
void session_lead_left(struct session *session, const struct peer *peer);

/* Called about twice a second: passes on what waits. */
void session_lead_tick(struct session *session);

#endif
