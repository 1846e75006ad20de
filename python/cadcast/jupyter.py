# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The tile of JupyterLab's launcher and the entry of JupyterHub, by jupyter-server-proxy.

The wheel's entry point ``jupyter_serverproxy_servers`` names setup(). The proxy calls it once, when
the notebook server starts; the first request to ``cadcast/`` starts the process behind the tile.
"""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def setup() -> dict[str, Any]:
    """What jupyter-server-proxy runs and shows.

    The process passes requests on to the cadcast of this user that runs, and starts one if none
    does (``cadcast/_tile.py``).
    """
    icon = Path(sys.prefix) / "share" / "cadcast" / "static" / "icon.svg"
    return {
        "command": [sys.executable, "-m", "cadcast._tile", "{unix_socket}"],
        "unix_socket": True,
        "timeout": 30,
        "absolute_url": False,
        # The notebook server has checked who asks, and from which page; cadcast knows nothing of
        # the name under which it is reached, such as a hub's.
        "request_headers_override": {"Host": "localhost", "Origin": "http://localhost"},
        "launcher_entry": {
            "title": "CAD viewer",
            "path_info": "cadcast/viewer",
            **({"icon_path": str(icon)} if icon.is_file() else {}),
        },
    }
