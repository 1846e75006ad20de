# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The picture of a file is that of show(import_step(file)), but for what docs/importing.md lists."""
import pytest
from importing import IMPORTER, import_file

pytestmark = [
    pytest.mark.skipif(not IMPORTER.is_file(), reason="built without OCCT's data exchange"),
    pytest.mark.clients,
    pytest.mark.bare("build123d itself is not what is looked at"),
]
pytest.importorskip("build123d")

from import_models import FILES  # noqa: E402
from import_oracle import differences, expected  # noqa: E402

# Where the picture differs on purpose: what is found of it in the lines that tell the difference.
DEVIATIONS = {
    "names of instances.step": {"id is", "name is"},
    **dict.fromkeys(("text.brep", "binary.brep", "mixture.brep"), {"id is", "name is"}),
}


@pytest.mark.parametrize("name", FILES)
def test_the_picture_is_that_of_build123d(name, tmp_path):
    path = tmp_path / name
    FILES[name](path)
    tree, shapes = expected(path)
    got = import_file(path)
    assert (got.status, got.error) == (0, None)
    found = differences(tree, got.plan["tree"], shapes, got.shapes)
    allowed = DEVIATIONS.get(name, set())
    assert [line for line in found if not any(word in line for word in allowed)] == []
    assert bool(found) == bool(allowed), "a deviation that is gone"
