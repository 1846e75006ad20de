# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""How many times as long as usual everything may take: CADCAST_SLOW, which tools/test sets if the
daemon runs under valgrind."""
import os

SLOW = float(os.environ.get("CADCAST_SLOW", "1"))
# How long a test waits for what has to come, in seconds, times SLOW: it costs nothing where the thing comes, and a
# machine that has ten other things to do needs it.
PATIENCE = 30.0
