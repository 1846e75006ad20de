# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""If tools/test has set everything up, no test may skip itself because something is missing."""
import os
import re

import pytest

# Reasons that no set-up takes away: what the machine is, who runs the tests, and with what program.
LASTING = re.compile(r"root|loopback|network|mount|cache|open files|sanitizer|POSIX|GNU", re.I)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and "CADCAST_COMPLETE" in os.environ and not LASTING.search(report.longrepr[2]):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although everything is set up: {report.longrepr[2]}"
    return report
