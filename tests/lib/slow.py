# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""How many times as long as usual everything may take: CADCAST_SLOW, which tools/test sets where the
daemon runs under valgrind."""
import os

SLOW = float(os.environ.get("CADCAST_SLOW", "1"))
