# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Debian's Chromium as every test, the bench and tools/picture start it."""
import os
from pathlib import Path

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
# WebGL on the processor: a machine without a graphics card has to do.
# How long a page is waited for: the first one of a browser on a busy machine loads and compiles for long.
PATIENCE_MS = int(os.environ.get("CADCAST_PATIENCE_MS", "90000"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Certificates of tests are their own. The option of a context for it begins every request once more, and
    # under load Chromium gives some up: ERR_TOO_MANY_RETRIES.
    "--ignore-certificate-errors",
]
