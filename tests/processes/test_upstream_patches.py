"""The patches of docs/upstream apply to what was released; the first and last do what they say."""

import asyncio
import importlib.util
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiokafka
import faust
import pytest
from aiokafka.errors import NodeNotReadyError

UPSTREAM = Path(__file__).parents[2] / "docs" / "upstream"
PATCHES = sorted(UPSTREAM.glob("*.patch"))
CONSUMER = Path(faust.__file__).parent / "transport" / "consumer.py"
CLIENT = Path(aiokafka.__file__).parent / "client.py"


def patched(folder: Path, *patches: Path, source: Path = CONSUMER) -> Any:
    """The module of this file with these patches, under another name."""
    target = folder.joinpath(*source.parts[source.parts.index("site-packages") + 1 :])
    target.parent.mkdir(parents=True)
    shutil.copy(source, target)
    for patch in patches:
        subprocess.run(["git", "apply", "-p1", str(patch)], cwd=folder, check=True)
    spec = importlib.util.spec_from_file_location(f"patched_{source.stem}", target)
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

    # Not above: much of Faust would be loaded where tests are collected.
    from faust.types import TP

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


@pytest.mark.parametrize(
    ("patches", "error"),
    [((), AssertionError), (sorted(UPSTREAM.glob("aiokafka/*.patch")), NodeNotReadyError)],
)
def test_a_look_for_the_coordinator_without_a_known_broker_can_be_repeated(
    tmp_path: Path, patches: Sequence[Path], error: type[Exception]
) -> None:
    module = patched(tmp_path, *patches, source=CLIENT)

    async def look_up() -> None:
        # That has never been connected knows no broker either.
        client = module.AIOKafkaClient(bootstrap_servers="127.0.0.1:1")
        await client.coordinator_lookup(0, "group")

    with pytest.raises(error) as raised:
        asyncio.run(look_up())
    assert getattr(raised.value, "retriable", False) is bool(patches)
