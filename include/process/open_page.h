/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_PROCESS_OPEN_PAGE_H
#define CADCAST_PROCESS_OPEN_PAGE_H

/* Opens the address in the user's browser, if this machine has a display. Does not wait. NULL, or
 * the reason why it is not opened. */
const char *open_page(const char *url);

#endif
