# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The version of the installed wheel; meson.build's project() is where it is set."""
from __future__ import annotations

try:
    from importlib.metadata import PackageNotFoundError, version

    __version__: str = version("cadcast")
except PackageNotFoundError:  # imported out of a checkout
    __version__ = "0+source"
