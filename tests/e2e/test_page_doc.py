# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""docs/page.md: each feature that cadcast is said to have names tests that exist."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = 8  # the column


def rows():
    text = (ROOT / "docs" / "page.md").read_text(encoding="utf-8").split("## Beside other viewers")[1]
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in text.splitlines()
            if line.startswith("| ")][1:]


def test_each_feature_of_ours_has_a_test_that_exists():
    found = rows()[1:]
    assert len(found) > 40 and {len(row) for row in found} == {10}
    for row in found:
        named = re.findall(r"`(test_\w+)::(test_\w+)`", row[-1])
        assert bool(named) == (row[OURS] in ("Y", "p")), row
        for file, test in named:
            sources = [ROOT / "tests" / folder / f"{file}.py" for folder in ("browser", "e2e")]
            text = next(source.read_text(encoding="utf-8") for source in sources if source.is_file())
            assert re.search(rf"^def {test}\(", text, re.MULTILINE), f"{file}::{test}"
