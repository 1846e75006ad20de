/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_MAKE_CERT_H
#define CADCAST_COMMAND_MAKE_CERT_H

/* cadcast make-cert FOLDER [NAME...] [--force]: makes a certificate for --tls-cert and --tls-key,
 * and prints its fingerprint for comparing it with the one a browser shows. argv[0] is the command.
 * Returns the exit status. */
int make_cert_command(int argc, char **argv);

#endif
