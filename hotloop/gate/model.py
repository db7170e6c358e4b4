"""What the gate's parts exchange: contenders, benchmarks and measured pairs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Self

SHORT_HASH = 8
# The worker's module for suites of pytest (``Contender.runner``).
PYTESTS = "pytests"
# At most this many benchmarks of a module are measured in a row, so that the lanes share a
# long module.
LARGEST_BATCH = 32
# What both sides call their own checkout of the suite (``Contender.places``).
CHECKOUT = "{checkout}"


class Effort(Enum):
    """How much to measure: one pair each, the usual, or ten times the time.

    ``times`` the usual time is taken; "same" rules out ``margin_over_floor`` more than the
    floor: 1.5 %, or 0.75 % of a thorough run, with the floor of 0.5 %.
    """

    times: float
    margin_over_floor: float

    QUICK = "quick", 1.0, 0.01
    USUAL = "usual", 1.0, 0.01
    THOROUGH = "thorough", 10.0, 0.0025

    def __new__(cls, word: str, times: float, margin_over_floor: float) -> Self:
        self = object.__new__(cls)
        self._value_ = word
        self.times, self.margin_over_floor = times, margin_over_floor
        return self

    def margin_over(self, floor: float) -> float:
        """The slowdown that "same" rules out."""
        return floor + self.margin_over_floor


@dataclass(frozen=True, slots=True)
class PytestRequest:
    """The suite is pytest's: tests of the project in ``folder``.

    ``paths`` are theirs (none: as it is configured), ``arguments`` more of pytest's. The rest is
    about environments: commands that ``installs`` the project, or its ``extras``, dependency
    ``groups`` and files of ``requirements``; ``python`` and ``environment`` of both sides, unless
    a side has its own. ``is_found``: nobody asked for pytest, the project is configured for it.
    """

    folder: Path = Path()
    paths: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    installs: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    python: str | None = None
    environment: str | None = None
    is_found: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Which commits are compared, in which environments, on which benchmarks.

    ``from_merge_base`` replaces base by where head left it. ``environments``, of base and of
    head, are specifiers of asv's or names of its matrix; None: the first that fits. ``benches``
    are regular expressions, any of which selects a benchmark; none: all. ``affected``: of those,
    only the ones that run what changed. ``pytest`` None: the suite is asv's, as ``config`` says.
    """

    base: str
    head: str
    from_merge_base: bool = False
    environments: tuple[str | None, str | None] = (None, None)
    benches: tuple[str, ...] = ()
    config: Path = Path("asv.conf.json")
    affected: bool = False
    pytest: PytestRequest | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``of`` machines that share a suite: the ``number``-th, from 1.

    Raises ValueError for a number that none of them has.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise ValueError(f"shard {self.number} of {self.of}")

    @property
    def text(self) -> str:
        """As it is asked for: ``3/8``."""
        return f"{self.number}/{self.of}"


class Side(Enum):
    """Which of the two contenders: base is the old code, head the code to judge."""

    BASE = "base"
    HEAD = "head"


class Kind(Enum):
    """What a benchmark measures, in asv's words."""

    TIME = "time"
    TIMERAW = "timeraw"
    MEMORY = "memory"
    PEAK_MEMORY = "peakmemory"
    TRACK = "track"


class Timing(Enum):
    """How a pair was sampled (docs/gate-method.md draws them).

    COLD is for benchmarks that want the first calls of a process; VALUES for those that
    return a number instead of being timed.
    """

    TURNS = "turns"
    SHARED = "shared core"
    COLD = "cold calls"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit: its full hash, the name that the user gave, the first line of its message."""

    commit: str
    name: str
    subject: str

    @property
    def text(self) -> str:
        """For messages: ``1a2b3c4d (main)``."""
        return f"{self.commit[:SHORT_HASH]} ({self.name})"


@dataclass(frozen=True, slots=True)
class Proof:
    """``names``: the modules that the project is imported as; ``roots``: their folders.

    ``doubt`` says why the installed code could not be shown to be the commit's; None: it was.
    ``sources`` are git's hashes of the contents of a wheel's Python files, by path;
    ``compiled`` are digests of what its extensions load.
    """

    names: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    doubt: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    compiled: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a contender's own modules must come from, wherever they are imported.

    ``names``: the modules that the project is imported as on either side; ``roots``: the
    folders of its side's build; ``checkouts``: folders with the code of some commit that is not
    what was built. ``doubt``: why the installed code could not be shown to be the commit's.
    ``own`` are Python files of the project in head's checkout, ``others`` those that belong to
    neither the project nor the suite, and data files of its packages, ``data`` all other files
    outside the suite; each only if it differs in base's commit. ``own_data`` are this side's own
    files of data that differ, with their paths in the repository. ``installed`` are files that the
    interpreter of both sides imports the project from where nothing says which side it is, and
    ``users`` the Python files of the user's working tree that differ between the commits, their
    copies that were installed from there, and what was compiled from sources there that differ.
    """

    names: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    checkouts: tuple[str, ...] = ()
    doubt: str | None = None
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    own_data: tuple[tuple[str, str], ...] = ()
    installed: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contender:
    """A commit installed in an environment, ready to run the suite.

    ``environment`` is asv's name for it, ``python`` its interpreter; ``suite`` the folder of
    benchmarks to import, the same for both contenders; ``variables`` the environment variables
    that asv sets; ``distributions`` the versions of its libraries; ``proof`` what was shown of
    the installed code, ``origin`` where its modules must come from. ``runner`` is the worker's
    module for this kind of suite. ``places`` are folders that this side has for itself, and what
    both sides call theirs.
    """

    side: Side
    revision: Revision
    environment: str
    python: Path
    suite: Path
    variables: tuple[tuple[str, str], ...] = ()
    origin: Origin = Origin()
    proof: Proof = Proof()
    distributions: Mapping[str, str] = field(default_factory=dict)
    runner: str = "asv"
    places: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """One benchmark with one combination of its parameters, ``params``, as texts."""

    name: str
    params: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name as asv prints it: ``suite.time_order(3000)``."""
        return f"{self.name}({', '.join(self.params)})" if self.params else self.name


@dataclass(frozen=True, slots=True)
class Benchmark(Named):
    """What is to be run.

    ``params`` are the same in every process; ``combination`` is the combination's
    number in asv's order at head (None: no parameters). ``setup_cache_key`` is asv's, shared
    by benchmarks that use the same cached set-up (None: no cache). ``identity`` is what a
    worker finds it by (``hotloop.gate.worker.find``); None: by asv's name and number. ``file``
    is what has it, if its name does not begin with that. ``group``: what it is measured in a row
    with, if that is more than a module or a file.
    """

    combination: int | None
    kind: Kind
    unit: str
    timeout_s: float
    setup_cache_key: str | None = None
    setup_cache_timeout_s: float = 600.0
    identity: str | None = None
    file: str | None = None
    group: str | None = None

    @property
    def module(self) -> str:
        """The module of the suite, the package of modules, or the file that contains it."""
        return self.file or self.name.partition(".")[0]

    @property
    def batch(self) -> str:
        """What it is measured in a row with: its module, or several small ones."""
        return self.group or self.module

    @property
    def asv_id(self) -> str:
        """How a worker finds it: by its identity, or asv_runner's ``suite.time_order-2``."""
        if self.identity is not None:
            return self.identity
        return self.name if self.combination is None else f"{self.name}-{self.combination}"


class Ending(Enum):
    """How one side of a pair ended, if not well.

    ABSENT: its suite has no such benchmark, or no such value of a parameter.
    """

    FAILED = "failed"
    ABSENT = "absent"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why one side of a pair gave no figure.

    ``message`` is one line: what happened, and the last line of the process.
    """

    ending: Ending
    message: str

    @property
    def is_failure(self) -> bool:
        """Whether it is worse than a skip."""
        return self.ending is not Ending.SKIPPED


@dataclass(frozen=True, slots=True)
class Pair:
    """One process pair: base and head as two fresh processes, or some, sampled side by side.

    ``base`` and ``head`` are the medians per call in seconds (or the values returned,
    in the benchmark's own unit), ``log_ratio`` the median over rounds of
    log(head/base), or that of each side's quickest process; all three None if a side gave no
    figure. ``rounds`` counts
    samples of each side, ``calls`` the calls in each sample. ``elapsed_s`` is the time of
    its lane, start-up included. ``log_ratio`` may be infinite if a value was 0 or changed its
    sign. ``attempts`` is how many pairs of processes it took; all but the last failed.
    ``lost_s`` came on top of ``elapsed_s``: forks that failed although fresh processes did
    not, for which the benchmark is not to blame. ``alone``: no other lane measured meanwhile.
    ``first_s`` is the CPU time of each side's first call, nothing or 0 where that is not known.
    """

    timing: Timing
    log_ratio: float | None
    base: float | None
    head: float | None
    rounds: int
    calls: int
    elapsed_s: float
    base_trouble: Trouble | None = None
    head_trouble: Trouble | None = None
    attempts: int = 1
    lost_s: float = 0.0
    alone: bool = False
    first_s: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.troubles) == (self.log_ratio is not None):
            raise ValueError("a pair has either a ratio or a trouble")

    @property
    def troubles(self) -> list[Trouble]:
        """Those of either side."""
        return [t for t in (self.base_trouble, self.head_trouble) if t is not None]

    @property
    def has_failed(self) -> bool:
        """Whether a side is in worse trouble than a skip."""
        return any(trouble.is_failure for trouble in self.troubles)


class Stop(Enum):
    """Why sampling ended; the words are those in a stored result.

    Every benchmark is decided, the budget is spent, every benchmark has the requested pairs,
    or somebody interrupted.
    """

    DECIDED = "decided"
    BUDGET = "budget"
    PAIRS = "pairs"
    INTERRUPTED = "interrupted"
