# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""All names of the client that is installed, ``ocp_viewer`` or ``ocp_vscode``, made fast:
``from cadcast.client import *`` in place of ``from ocp_viewer import *``.

They are the client's own objects, with its signatures and results. ``status`` is the client's too: what
the viewer reports of its view. ``cadcast.status`` is about the server.
"""
from . import _client, _names

_module = _client()
__all__ = list(_names(_module))
globals().update({name: getattr(_module, name) for name in __all__})
