"""The patches of docs/upstream apply to the released Faust; the first does what its text says."""

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.types import TP

PATCHES = sorted((Path(__file__).parents[2] / "docs" / "upstream").glob("*.patch"))
SOURCE = Path(faust.__file__).parent / "transport" / "consumer.py"


def patched(folder: Path, *patches: Path) -> Any:
    """The module faust.transport.consumer with these patches, under another name."""
    target = folder / "faust" / "transport" / "consumer.py"
    target.parent.mkdir(parents=True)
    shutil.copy(SOURCE, target)
    for patch in patches:
        subprocess.run(["git", "apply", "-p1", str(patch)], cwd=folder, check=True)
    spec = importlib.util.spec_from_file_location("patched_consumer", target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_applies_to_the_released_faust(tmp_path: Path, patch: Path) -> None:
    assert patched(tmp_path, patch).Consumer


@pytest.mark.parametrize(
    ("names", "offset", "then"), [((), 53, 51), (("commit-unfinished",), None, 53)]
)
def test_a_commit_no_longer_passes_over_the_record_at_the_committed_offset(
    tmp_path: Path,
    names: tuple[str, ...],
    offset: int | None,
    then: int,
) -> None:
    module = patched(tmp_path, *(patch for patch in PATCHES if patch.stem in names))

    tp = TP("topic", 0)
    # All that the method reads.
    consumer = SimpleNamespace(
        _acked={tp: [51, 52]},
        _acked_index={tp: {51, 52}},
        _committed_offset={tp: 50},
        _gap={tp: None},
    )
    assert module.Consumer._new_offset(consumer, tp) == offset
    consumer._acked[tp].append(50)
    assert module.Consumer._new_offset(consumer, tp) == then
