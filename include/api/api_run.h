/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_RUN_H
#define CADCAST_API_RUN_H

#include "api/api_call.h"

/* `cadcast run` and `cadcast watch` tell what becomes of `command`, which shows into the session
 * `session`: its `state` is "started" or "ended"; then with `exit`, the exit status, null if it was
 * ended for a newer run, `seconds`, and `why` it failed. Its pages and those who follow its events
 * are told. The answer to "ended" has `shown`: whether the picture is another one. */
void api_run(struct api_call *call);

#endif
