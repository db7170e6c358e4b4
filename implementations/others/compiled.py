"""Those of the others that are compiled ahead of time: when one is first asked for, then kept.

So installing hotloop needs none of their compilers. The result is stored in the cache
($HOTLOOP_CACHE, else $XDG_CACHE_HOME/hotloop, else ~/.cache/hotloop), under a digest of everything
it was made from: another source, command or version is compiled again.
"""

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from implementations.registry import Unavailable

EXTENSION_SUFFIX: str = sysconfig.get_config_var("EXT_SUFFIX")

# As for hotloop's own extensions: each operation rounds by itself, whatever CFLAGS says.
EXACT_FLAGS = ("-fno-fast-math", "-ffp-contract=off")

MOST_WORDS_OF_A_COMPILER = 300


def flags_of_setuptools() -> str:
    """CFLAGS, or what Python was built with: setuptools takes the variable in place of that."""
    return os.environ.get("CFLAGS") or sysconfig.get_config_var("CFLAGS") or ""


def find_compiler(variable: str, language: str, usual: str) -> list[str]:
    """The command of the system's compiler: from the variable, else as Python was built.

    variable: CC or CXX; usual: the command if neither is known. Raises Unavailable.
    """
    words = shlex.split(os.environ.get(variable) or sysconfig.get_config_var(variable) or usual)
    if shutil.which(words[0]) is None:
        raise Unavailable(
            f"there is no {language} compiler ({words[0]}): install gcc or clang, or set {variable}"
        )
    return words


def compiled(
    source: Path,
    product: str,
    command: Sequence[str],
    version: str,
    settings: Mapping[str, str] | None = None,
    beside: Sequence[Path] = (),
) -> Path:
    """The file of that name that the command makes from the source; it runs only the first time.

    command: runs in a folder of its own that has a copy of the source, and of what it needs
    ``beside`` it. version: the compiler's. settings: added to the environment. Raises Unavailable
    with the compiler's last lines.
    """
    texts = {file.name: file.read_bytes() for file in (source, *beside)}
    settings = settings or {}
    made_from = repr((texts, product, list(command), version, sorted(settings.items())))
    digest = hashlib.sha256(made_from.encode()).hexdigest()[:16]
    home = _cache_folder() / "compiled"
    kept = home / digest / product
    if kept.exists():
        return kept
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as folder:
            for name, text in texts.items():
                Path(folder, name).write_bytes(text)
            _run(command, folder, settings)
            # If several processes compile it at once, the last one's stays; all are equal.
            Path(folder, product).replace(kept)
    except OSError as error:
        raise Unavailable(
            f"{source.name} cannot be compiled into {home}: {error.strerror}; "
            "set HOTLOOP_CACHE to a folder that can be written"
        ) from error
    return kept


def extension(path: Path) -> ModuleType:
    """The extension module in that file, under the file's own name."""
    spec = importlib.util.spec_from_file_location(path.name.partition(".")[0], path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(command: Sequence[str], folder: str, settings: Mapping[str, str]) -> None:
    ended = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if ended.returncode:
        words = " ".join(ended.stdout.split())[-MOST_WORDS_OF_A_COMPILER:]
        raise Unavailable(f"{shlex.join(command)} ended with code {ended.returncode}: {words}")


def _cache_folder() -> Path:
    own, shared = os.environ.get("HOTLOOP_CACHE"), Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        if own:
            return Path(own).expanduser().absolute()
        return (shared if shared.is_absolute() else Path.home() / ".cache") / "hotloop"
    except RuntimeError:
        # A user without a name, as in many containers, or a "~name" that nobody has.
        raise Unavailable(
            "there is no home folder to keep what is compiled: set HOME, or HOTLOOP_CACHE alone, "
            "to a folder that you may write"
        ) from None
