/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_GEOMETRY_MEASURE_CLI_H
#define CADCAST_GEOMETRY_MEASURE_CLI_H

/*
 * `cadcast measure [--center] [--timeout SECONDS] FILE.msg ID [ID2]`: measures one shape, or the
 * distance of two, of a recorded `B` message ("-": standard input) and prints the answer as JSON,
 * on the way a browser's question takes through the pool. `argv[0]` is the word "measure". Returns
 * the exit status: 0 answered, 1 no answer (the JSON says why), 2 wrong use.
 */
int measure_command(int argc, char **argv);

#endif
