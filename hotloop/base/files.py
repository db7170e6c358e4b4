"""Write files completely or not at all, and remove whatever is at a path."""

import os
import shutil
import tempfile
from pathlib import Path

from hotloop.base.errors import MeasurementError


def write_whole(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` in one step; an interruption leaves the old file.

    Raises MeasurementError with the path and the system's reason.
    """
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; an export is as readable as any new file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        raise MeasurementError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove what is at ``path``: a file, a link or a folder. Raises OSError if it cannot."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
