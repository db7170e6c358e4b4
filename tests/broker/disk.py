"""File systems of their own, whose room tests decide about: only root can make them."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def mounted(folder: Path, size_bytes: int) -> Iterator[None]:
    """``folder`` is a mount and has room for so much, where the system allows it."""
    _mount(folder, f"size={size_bytes}")
    try:
        yield
    finally:
        if folder.is_mount():
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def leave(folder: Path, room_bytes: int) -> None:
    """So much room in ``folder``, which is mounted, besides what it holds."""
    _mount(folder, f"remount,size={shutil.disk_usage(folder).used + room_bytes}")
    assert shutil.disk_usage(folder).free <= room_bytes


def _mount(folder: Path, options: str) -> None:
    if shutil.which("mount") is not None:
        subprocess.call(
            ["mount", "-t", "tmpfs", "-o", options, "hotloop-test", str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
