/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "view/measure.h"

#include "view/session.h"

void measure_ask(struct peer *peer, const char *tool, json_t *ids)
{
    const struct view *view = peer->view;
    if (view->options.builtin)
        view->services.ask(view->services.owner, peer, tool, ids);
    else if (session_backend(peer->session) != NULL)
        session_ask_backend(peer->session, peer, tool, ids);
    else
        peer_send_no_answer(peer, tool, "exact measuring is not available");
}
