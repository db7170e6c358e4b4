"""Which project is judged: what its asv.conf.json says, read with asv's own reader."""

from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import HotloopError, MeasurementError, UsageError
from hotloop.gate.source import settings

# The gate's own folder below asv's env_dir; its .gitignore hides it from git.
GATE_FOLDER = "gate"


@dataclass(frozen=True, slots=True)
class Project:
    """An asv project: where its files are and what of its settings the gate needs.

    ``repo`` is a path or a URL, as configured; ``repo_subdir`` is the part that is built.
    ``own_folders`` hold what asv itself creates (environments, results, pages) and are not part
    of a working tree. ``may_fork`` is false if asv must start a new process each time.
    ``warnings`` name settings that the gate does not keep.
    """

    config: Path
    name: str
    repo: str
    repo_subdir: str
    suite: Path
    env_dir: Path
    own_folders: tuple[Path, ...]
    benchmark_timeout_s: float
    build_timeout_s: float
    may_fork: bool
    warnings: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The folder that paths in the configuration are relative to."""
        return self.config.parent

    @property
    def gate_folder(self) -> Path:
        """Where the gate keeps its builds: below asv's own environments."""
        return self.env_dir / GATE_FOLDER


def load(config: Path) -> Project:
    """Read an asv.conf.json (comments allowed).

    Raises UsageError if it is missing or damaged, MeasurementError without asv.
    """
    try:
        from asv.config import Config
        from asv.util import UserError
    except ImportError as error:
        raise asv_missing(error) from error
    path = config.absolute()
    if not path.is_file():
        raise UsageError(f"no such file: {config}; name asv's configuration with --config")
    try:
        conf = Config.load(str(path))
    except (UserError, ValueError, TypeError, OSError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"cannot use {config}: {reason}") from error
    if (conf.dvcs or "git") != "git":
        raise UsageError(f'{config} says "dvcs": "{conf.dvcs}"; the gate knows git only')
    for key in ("project", "repo", "benchmark_dir", "env_dir", "results_dir", "html_dir"):
        if not isinstance(getattr(conf, key), str) or not getattr(conf, key):
            raise UsageError(f'{config}: "{key}" has to be a text that is not empty')
    folder = path.parent
    suite = (folder / conf.benchmark_dir).resolve()
    env_dir = folder / conf.env_dir
    return Project(
        config=path,
        name=conf.project,
        repo=conf.repo,
        repo_subdir=str(conf.repo_subdir or ""),
        suite=suite,
        env_dir=env_dir,
        own_folders=(env_dir, folder / conf.results_dir, folder / conf.html_dir),
        benchmark_timeout_s=_seconds(config, "default_benchmark_timeout", conf),
        build_timeout_s=_seconds(config, "install_timeout", conf),
        # asv's default does not fork either; whoever asks for this has a reason.
        may_fork=conf.launch_method != "spawn",
        warnings=tuple(settings.of_configuration(vars(conf), vars(Config()))),
    )


def asv_missing(error: ImportError) -> HotloopError:
    """What to say if a part of asv cannot be imported."""
    return MeasurementError(
        f"the gate builds commits with asv, which is not there ({error}): pip install hotloop[asv]"
    )


def _seconds(config: Path, key: str, conf: object) -> float:
    value = getattr(conf, key)
    try:
        seconds = float(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f'{config}: "{key}" has to be a number of seconds') from error
    if not seconds > 0:
        raise UsageError(f'{config}: "{key}" has to be above 0, not {value}')
    return seconds
