"""The variants in ladder order, and how one is loaded, or why it cannot be.

A variant is an entry of ``LADDER``, ``ON_A_GPU`` or ``OTHERS`` and the module that it names, which
gives ``compute_mandel(N_x, N_y, N_iter, window=WINDOW)``. Imports neither NumPy nor any variant.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from functools import partial
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from implementations.grid import Heights

ComputeMandel = Callable[..., "Heights"]

EXTENSION = "the compiled extension"
"""In ``needs``: the module is an extension that setup.py builds."""

SUFFIXES = (".pyx", ".py")
"""Of a variant's source."""

COMPILER = "a compiler"
"""In ``needs``: the module's build() compiles a file, once, when the variant is loaded."""

CARGO = "cargo, from rustup or the system"

# pip leaves out the extensions, so that installing needs no compiler (setup.py).
BUILD = (
    "run make build"
    if Path(__file__).parents[1].joinpath("setup.py").is_file()
    else "run HOTLOOP_EXTENSIONS=1 pip install path/to/hotloop"
)
"""How to build the extensions: in a checkout, or if pip installed hotloop."""


# Packages whose distribution has another name; on PyPI that of the package is somebody else's.
INSTALLED_AS = {"warp": "warp-lang"}


class Threads(Enum):
    """How many threads a variant computes with."""

    ONE = "one"
    ALL = "all"


class CompiledFor(Enum):
    """What a compiler at run time compiles for: types, which a cheap call shares, or each shape."""

    TYPES = "types"
    SHAPES = "shapes"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of computing the grid.

    idea: what it does differently, in a few words. module: ``NAME_mandel`` of ``package`` by
    default. needs: the distributions to install, EXTENSION, COMPILER. exact: equal
    to the reference bit for bit, on every problem. after: the variant whose idea it adds to; None:
    it starts anew. file: the source beside this file, by default the module's own. settings:
    arguments of compute_mandel beyond the usual ones, if two variants are one function. extra: of
    hotloop, which installs what it needs; besides: what pip does not install.
    """

    name: str
    idea: str
    module: str = ""
    needs: tuple[str, ...] = ("numpy",)
    exact: bool = True
    after: str | None = None
    file: str = ""
    threads: Threads = Threads.ONE
    compiled_for: CompiledFor = CompiledFor.TYPES
    settings: tuple[tuple[str, int], ...] = ()
    extra: str = "compute"
    besides: str = ""

    package: ClassVar[str] = "implementations"

    def __post_init__(self) -> None:
        if not self.module:
            object.__setattr__(self, "module", f"{self.package}.{self.name}_mandel")


class Other(Variant):
    """One that another tool computes, in others/."""

    __slots__ = ()

    package = "implementations.others"


LADDER: tuple[Variant, ...] = (
    Variant("python", "loop over NumPy scalars"),
    Variant(
        "hybrid",
        "the same file, compiled",
        needs=("numpy", EXTENSION),
        after="python",
        file="python_mandel.py",
    ),
    Variant("floats", "loop over Python floats", after="python"),
    Variant("numpy", "all points at once, step by step", after="python"),
    Variant("cython", "C types for the inner loop", needs=("numpy", EXTENSION), after="python"),
    Variant(
        "memoryview",
        "typed arrays, the whole grid in C",
        needs=("numpy", EXTENSION),
        after="cython",
    ),
    Variant("numba", "compiled at run time", needs=("numpy", "numba"), after="floats"),
    Variant(
        "threads",
        "pixels shared out by OpenMP",
        needs=("numpy", EXTENSION),
        after="memoryview",
        threads=Threads.ALL,
    ),
    Variant(
        "numba_threads",
        "pixels shared out by numba",
        needs=("numpy", "numba"),
        after="numba",
        threads=Threads.ALL,
    ),
    Variant(
        "numba_lanes",
        "blocks of pixels that LLVM vectorises",
        needs=("numpy", "numba"),
        after="numba",
    ),
    Variant(
        "lanes",
        "vectors of pixels, several in flight",
        needs=("numpy", EXTENSION),
        after="memoryview",
    ),
    Variant("skip", "stops at orbits that repeat", needs=("numpy", EXTENSION), after="memoryview"),
    Variant(
        "lanes_skip",
        "lanes that stop at orbits that repeat",
        module="implementations.fastest_mandel",
        needs=("numpy", EXTENSION),
        after="lanes",
        settings=(("threads", 1),),
    ),
    Variant(
        "fastest",
        "lanes, skip and threads together",
        needs=("numpy", EXTENSION),
        after="lanes_skip",
        threads=Threads.ALL,
    ),
)
"""The rungs: each adds one idea to an earlier one. All must run if the project is built."""

ON_A_GPU: tuple[Variant, ...] = (
    Variant(
        "cuda",
        "the same ideas on a GPU, by CUDA",
        needs=("numpy", "cupy-cuda13x", COMPILER),
        after="fastest",
        extra="cuda",
        besides="a card of NVIDIA's with its driver",
    ),
)
"""The rung beyond the processor: unavailable without a card."""

OTHERS: tuple[Variant, ...] = (
    Other("c", "plain C, called through ctypes", needs=("numpy", COMPILER)),
    Other("cffi", "the same C, called through cffi", needs=("numpy", "cffi", COMPILER), after="c"),
    Other(
        "pybind11",
        "the two loops in C++",
        needs=("numpy", "pybind11", COMPILER),
        file="others/pybind11_mandel.cpp",
    ),
    Other(
        "rust",
        "the two loops in Rust, with rayon",
        needs=("numpy", "maturin", COMPILER),
        file="others/rust/rust_mandel.rs",
        threads=Threads.ALL,
        extra="others",
        besides=CARGO,
    ),
    Other(
        "rust_lanes",
        "Rust with vectors, by the crate wide",
        needs=("numpy", "maturin", COMPILER),
        file="others/rust/rust_mandel.rs",
        threads=Threads.ALL,
        extra="others",
        besides=CARGO,
    ),
    Other(
        "mojo",
        "Mojo with vectors, one thread",
        needs=("numpy", "mojo", COMPILER),
        file="others/mojo_mandel.mojo",
        extra="others",
    ),
    Other("mypyc", "the file of floats, compiled", needs=("numpy", "mypy", COMPILER)),
    Other(
        "pythran",
        "plain functions in C++, with OpenMP",
        needs=("numpy", "pythran", COMPILER),
        threads=Threads.ALL,
    ),
    Other(
        "numexpr",
        "all points at once, blocks of expressions",
        needs=("numpy", "numexpr"),
        threads=Threads.ALL,
    ),
    Other("dask", "numpy's steps, block by block", needs=("numpy", "dask"), threads=Threads.ALL),
    Other(
        "jax",
        "all points at once, compiled by XLA",
        needs=("numpy", "jax"),
        exact=False,
        threads=Threads.ALL,
        compiled_for=CompiledFor.SHAPES,
        extra="others",
    ),
    Other(
        "taichi",
        "a kernel over every pixel",
        needs=("numpy", "taichi"),
        exact=False,
        threads=Threads.ALL,
        extra="others",
    ),
    Other(
        "warp",
        "a kernel over every pixel, on the CPU",
        needs=("numpy", "warp-lang"),
        extra="others",
    ),
)
"""Other tools that people use for such loops, each written as its users would; optional."""

VARIANTS = (*LADDER, *ON_A_GPU, *OTHERS)

STAND_INS = ("threads", "memoryview", "cython")
"""Variants that may judge instead of the reference, fastest first: they follow every point step by
step, as the reference does, and take no short cut that a comparison on a small grid could miss."""

LIMIT = Variant(
    name="limit",
    module="implementations.limit",
    idea="multiplies and adds, nothing else",
    needs=(EXTENSION,),
    exact=False,
    threads=Threads.ALL,
)
"""What every variant is compared with; not a variant, because it computes no grid."""

REFERENCE = "python"
"""The variant whose answer is the right one."""


class Unavailable(Exception):
    """A variant cannot run here; the text says why and what to do."""


def get(name: str) -> Variant:
    """The variant of that name; ValueError, with the nearest names, if there is none."""
    variants = {variant.name: variant for variant in VARIANTS}
    if name not in variants:
        near = get_close_matches(name, variants)
        known = ", ".join(variants)
        advice = f"did you mean {' or '.join(near)}?" if near else f"the variants are {known}"
        raise ValueError(f"no variant is called {name!r}: {advice}")
    return variants[name]


def source(variant: Variant) -> Path | None:
    """The file that it is written in; None if this installation does not have it."""
    folder = Path(__file__).parent
    own = folder.parent.joinpath(*variant.module.split("."))
    names = [folder / variant.file] if variant.file else [own.with_suffix(s) for s in SUFFIXES]
    return next((file for file in names if file.is_file()), None)


def load(name: str) -> ComputeMandel:
    """The variant's compute_mandel. Raises Unavailable, and ValueError for an unknown name."""
    variant = get(name)
    module = _loaded(variant)
    _check_jit(variant)
    if COMPILER in variant.needs:
        _build(module)
    compute: ComputeMandel = module.compute_mandel
    return partial(compute, **dict(variant.settings)) if variant.settings else compute


def load_limit() -> ModuleType:
    """The module that measures the limit. Raises Unavailable."""
    return _loaded(LIMIT)


def _loaded(variant: Variant) -> ModuleType:
    _check_kind(variant)
    return _imported(variant.module)


def _check_kind(variant: Variant) -> None:
    """Refuse to take a source file for its extension, or the other way round."""
    spec = importlib.util.find_spec(variant.module)
    extension = _extension_file(spec)
    if EXTENSION in variant.needs:
        if extension is None:
            raise Unavailable(f"the extension {variant.module} is not built: {BUILD}")
        _check_source(variant, extension)
    elif extension is not None:
        raise Unavailable(f"{extension} is compiled and hides the source of its name: delete it")


def _extension_file(spec: ModuleSpec | None) -> Path | None:
    if spec is None or spec.origin is None or not isinstance(spec.loader, ExtensionFileLoader):
        return None
    return Path(spec.origin)


def _check_source(variant: Variant, extension: Path) -> None:
    """Refuse an extension whose sources are there, but are not the ones that setup.py noted."""
    note = extension.with_name(variant.module.rpartition(".")[2] + ".sha256")
    try:
        lines = note.read_text(encoding="utf-8").splitlines()
        sources = {name: digest for digest, name in map(str.split, lines)}
    except (OSError, ValueError):
        sources = {}
    if not sources:
        raise Unavailable(f"no note says what {extension.name} was built from: {BUILD}")
    for name, digest in sources.items():
        source = note.parent / name
        if source.is_file() and hashlib.sha256(source.read_bytes()).hexdigest() != digest:
            raise Unavailable(f"{name} has changed since it was compiled: {BUILD}")


def _imported(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(f"{__package__}."):
            raise Unavailable(f"the extension {error.name} is not built: {BUILD}") from error
        to_install = INSTALLED_AS.get(error.name or "", error.name)
        raise Unavailable(f"{error.name} is not installed: pip install {to_install}") from error
    # A broken installation may raise anything: from an ABI check, a linker, numba.
    except Exception as error:
        raise Unavailable(f"{module} cannot be imported: {_in_one_line(error)}") from error


def _build(module: ModuleType) -> None:
    try:
        module.build()
    except Unavailable:
        raise
    # A cached file that was compiled on another machine, in a shared home, may not load here.
    except Exception as error:
        raise Unavailable(f"{module.__name__} cannot be built: {_in_one_line(error)}") from error


def _in_one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _check_jit(variant: Variant) -> None:
    if "numba" in variant.needs and importlib.import_module("numba").config.DISABLE_JIT:
        raise Unavailable("numba would run as plain Python: unset NUMBA_DISABLE_JIT")
