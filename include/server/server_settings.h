/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_SETTINGS_NOTICE_H
#define CADCAST_SERVER_SETTINGS_NOTICE_H

struct server;

/* Reads the settings file for the first time, so that its faults are in the log and on the pages
 * from the start. May block on the disk. */
void server_settings_start(struct server *server);

/* The file may have been read again: updates the notice on the pages if its faults have changed. */
void server_settings_tell(struct server *server);

#endif
