/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_OPEN_PAGE_H
#define CADCAST_DAEMON_OPEN_PAGE_H

/* Opens the address in the user's browser, where there is a display of this machine to show it
 * on. Waits for nothing; that it fails is nobody's harm. */
void open_page(const char *url);

#endif
