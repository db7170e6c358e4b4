"""Builds the compiled modules; everything else is plain Python."""

from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    name="inert",
    version="1",
    packages=["inert"],
    ext_modules=[
        *cythonize(
            [Extension(file[:-4].replace("/", "."), [file]) for file in glob("inert/*.pyx")],
            language_level="3",
        ),
        # A new file is linked first.
        Extension("inert.native", sorted(glob("inert/native*.c"), reverse=True)),
    ],
)
