# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""What tools/make-wheel is made of."""
