/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/cli.h"

int main(int argc, char **argv, char **envp)
{
    return cli_run(argc, argv, envp);
}
