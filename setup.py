"""Builds the compiled variants; everything else about the package is in pyproject.toml.

python setup.py build_ext --inplace

Installing compiles nothing, so it needs no compiler and no Cython: the gate does not use the
variants. With HOTLOOP_EXTENSIONS=1 in the environment pip builds them too, as asv does.
"""

import copy
import hashlib
import os
import sys
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

# The package's own folder is not on the path of a build by pip.
sys.path.insert(0, str(Path(__file__).parent))

from implementations.kernels.build import extension_arguments

# No fused multiply-add, which some compilers use by default, and no other order of operations,
# whatever CFLAGS asks for: every variant rounds after every operation, so that their answers are
# equal bit for bit. And no debug information, which costs a third of the time.
COMPILE_FLAGS = ("-fno-fast-math", "-ffp-contract=off", "-g0")

# One rung uses OpenMP; without it the rung says so when it is loaded.
OPENMP_FLAG = "-fopenmp"

PROBE = "int probe;\n"

MACROS = [("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")]

COMPILED_WITH = ["Cython>=3.2.1", "numpy>=2.0"]

# Annotations stay hints: hybrid is the plain Python file compiled, not typed.
CYTHON_DIRECTIVES = {"language_level": 3, "annotation_typing": False}

PACKAGE = "implementations"

# Cython's own types and functions, above all those behind typed memoryviews, compiled once and not
# into each extension, which is most of what compilers did here. No loop calls them: with -Og they
# compile in a quarter of the time of -O3, and calls on a tiny grid are as fast.
HELPERS = "implementations.cython_helpers"

# But for two variants whose loops do call some of them.
WITH_OWN_HELPERS = frozenset({"implementations.hybrid_mandel", "implementations.cython_mandel"})

# First, as what takes longest.
EXTENSIONS = [Extension(HELPERS, [HELPERS.replace(".", "/") + ".c"], extra_compile_args=["-Og"])]
EXTENSIONS += [
    Extension(name, [source], define_macros=MACROS)
    for name, source in (
        ("implementations.hybrid_mandel", "implementations/python_mandel.py"),
        ("implementations.cython_mandel", "implementations/cython_mandel.pyx"),
        ("implementations.memoryview_mandel", "implementations/memoryview_mandel.pyx"),
        ("implementations.threads_mandel", "implementations/threads_mandel.pyx"),
        ("implementations.skip_mandel", "implementations/skip_mandel.pyx"),
    )
]
EXTENSIONS += [Extension(**arguments) for arguments in extension_arguments()]

WITH_OPENMP = frozenset({"implementations.threads_mandel"})


class Build(build_ext):
    """Translates and compiles, then notes beside each extension which files it was made from.

    The note has a line of sha256sum(1) for each; implementations/registry.py refuses an extension
    of which one has changed since.
    """

    def finalize_options(self):
        # Not at the top: pip runs this file first to learn that NumPy is needed.
        import numpy

        super().finalize_options()
        self.include_dirs.append(numpy.get_include())
        # File times do not prove that an extension fits its source; all of them compile fast.
        self.force = True
        # As many at once as there are CPUs.
        self.parallel = True

    def build_extensions(self):
        # Raises if there is no compiler: before Cython has translated for seconds.
        _build(self.compiler, PROBE, [], link=False)
        for extension in self.extensions:
            extension.sources = self._translated(extension)
        flags = [flag for flag in COMPILE_FLAGS if _takes(self.compiler, flag)]
        openmp = [OPENMP_FLAG] if _has_openmp(self.compiler) else []
        for extension in self.extensions:
            own = openmp if extension.name in WITH_OPENMP else []
            extension.extra_compile_args = [*extension.extra_compile_args, *flags, *own]
            extension.extra_link_args = [*extension.extra_link_args, *own]
        super().build_extensions()

    def _translated(self, extension):
        """The sources as C. Done before the compilers run, because Cython is not thread-safe."""
        from Cython.Build import cythonize

        (translated,) = cythonize(
            extension,
            force=True,
            quiet=True,
            include_path=extension.include_dirs,
            compiler_directives=CYTHON_DIRECTIVES,
            shared_utility_qualified_name=None if extension.name in WITH_OWN_HELPERS else HELPERS,
            build_dir=self.build_temp,
        )
        return translated.sources

    def build_extension(self, extension):
        # With a folder of its own for objects: the kernels' files are compiled into several
        # extensions, into each with other macros, and at the same time.
        own = copy.copy(self)
        own.build_temp = str(Path(self.build_temp, extension.name))
        super(Build, own).build_extension(extension)

    def run(self):
        # Cython writes the helpers, from no file of ours.
        notes = {each.name: _note(each) for each in self.extensions if each.name != HELPERS}
        super().run()
        for name, note in notes.items():
            built = Path(self.get_ext_fullpath(name))
            built.with_name(name.rpartition(".")[2] + ".sha256").write_text(note, encoding="utf-8")


def _note(extension):
    files = (Path(file) for file in (*extension.sources, *extension.depends))
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(PACKAGE).as_posix()}\n"
        for file in files
    )


def _takes(compiler, flag):
    return _builds(compiler, PROBE, [flag], link=False)


def _has_openmp(compiler):
    """Whether a program with OpenMP compiles and links: clang knows the flag without the rest."""
    text = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
    return _builds(compiler, text, [OPENMP_FLAG], link=True)


def _builds(compiler, text, flags, link):
    try:
        _build(compiler, text, flags, link)
    except (CompileError, LinkError):
        return False
    return True


def _build(compiler, text, flags, link):
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "probe.c")
        probe.write_text(text, encoding="ascii")
        objects = compiler.compile([str(probe)], output_dir=folder, extra_postargs=flags)
        if link:
            compiler.link_executable(objects, "probe", folder, extra_postargs=flags)


if os.environ.get("HOTLOOP_EXTENSIONS") == "1":
    setup(ext_modules=EXTENSIONS, cmdclass={"build_ext": Build}, setup_requires=COMPILED_WITH)
elif "build_ext" in sys.argv:
    setup(ext_modules=EXTENSIONS, cmdclass={"build_ext": Build})
else:
    setup()
