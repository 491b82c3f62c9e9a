"""An extension beside its source wins on import, so an old one would hide every edit."""

from pathlib import Path

import pytest

HOTPATH = Path(__file__).parents[2] / "hotpath"
EXTENSIONS = sorted(HOTPATH.glob("*.so"))


@pytest.mark.skipif(not EXTENSIONS, reason="nothing is compiled here: plain Python is in use")
@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda path: path.name.partition(".")[0])
def test_no_extension_is_older_than_its_source(extension):
    name = extension.name.partition(".")[0]
    sources = [HOTPATH / f"{name}{ending}" for ending in (".pyx", ".pxd", ".py")]
    newest = max(source.stat().st_mtime for source in sources if source.exists())
    assert extension.stat().st_mtime >= newest, "run: python setup.py build_ext --inplace"
