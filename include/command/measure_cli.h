/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_MEASURE_CLI_H
#define CADCAST_COMMAND_MEASURE_CLI_H

/*
 * `cadcast measure [--center] [--timeout SECONDS] FILE.msg ID [ID2]`: measures one shape, or the
 * distance of two, of a recorded `B` message ("-": standard input) and prints the answer as JSON,
 * through the same pool as a browser's question; with `--session NAME`, or NAME@STEP for the file,
 * what a server answers about its session. Returns the exit status: 0 answered, 1 no answer (with
 * the reason), 2 wrong use.
 */
int measure_cli_command(int argc, char **argv, char **envp);

#endif
