/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_SELFSIGNED_H
#define CADCAST_NET_SELFSIGNED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Days of validity, beginning an hour ago (clocks differ); Apple's systems refuse certificates with
 * more than 825 days. */
#define SELFSIGNED_DAYS 825

/*
 * Makes a key (EC P-256) and a self-signed certificate, and writes `folder`/key.pem (mode 0600) and
 * `folder`/cert.pem (0644); creates `folder` (0700) if it is missing. Each file is written whole
 * and then, if `force`, renamed over an older one. The certificate is for localhost, 127.0.0.1,
 * ::1, this machine's name, and `names` (`count` of them; DNS names in ASCII, which may begin with
 * `*.`, or IP addresses). Blocking: for a command.
 *
 * 0, and lines for the user in `made`: SHA-256 fingerprint, names, last day (`made` may be NULL).
 * Or below 0 with one line in `error` (of `size` bytes): -EINVAL for an invalid name, -EEXIST and
 * the path of an existing file, the error of the file system, -ENOMEM, -EIO if OpenSSL fails.
 */
int selfsigned_make(const char *folder, const char *const *names, size_t count, bool force,
                    struct text *made, char *error, size_t size);

#endif
