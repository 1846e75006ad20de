/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_NET_SELFSIGNED_H
#define CADCAST_NET_SELFSIGNED_H

#include <stddef.h>

/* Valid from an hour ago (clocks differ) for so many days in all; Apple's systems refuse
 * certificates that live longer than 825 days. */
#define SELFSIGNED_DAYS 825

/*
 * Makes a key (EC P-256) and a certificate that it signs itself, and writes `folder`/key.pem (mode
 * 0600) and `folder`/cert.pem (0644); `folder` is made (0700) where it is missing. Each file is
 * written whole and then renamed over an older one. The certificate is for localhost, 127.0.0.1,
 * ::1, this machine's name, and `names` (`count` of them; DNS names in ASCII, `*.` in front is
 * fine, or IP addresses). Blocking: for a command.
 *
 * 0, or below 0 with one line in `error` (of `size` bytes): -EINVAL for a name that is none, the
 * error of the file system, -ENOMEM, -EIO where OpenSSL fails.
 */
int selfsigned_make(const char *folder, const char *const *names, size_t count, char *error,
                    size_t size);

#endif
