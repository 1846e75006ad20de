/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/wiring.h"

#include "api/api.h"
#include "api/api_compare.h"
#include "api/api_events.h"
#include "api/api_shot.h"
#include "server/exact_jobs.h"
#include "server/routes.h"
#include "server/view_services.h"

const struct server_parts *wiring_parts(void)
{
    static const struct server_parts parts = {
        .body = routes_body,
        .request = routes_request,
        .services = view_services,
        .meshed = exact_jobs_meshed,
        .api = api_request,
        .changed = api_events_changed,
        .measured = api_events_measured,
        .tick = api_events_tick,
        .free_events = api_events_free,
        .shot_sent = api_shot_sent,
        .shot_draw = api_shot_draw,
        .shot_lost = api_shot_lost,
        .free_shots = api_shot_free,
        .free_comparisons = api_compare_free,
    };
    return &parts;
}
