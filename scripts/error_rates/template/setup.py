"""Builds the one extension; everything else is plain Python."""

from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    name="known",
    version="1",
    packages=["known"],
    ext_modules=cythonize(
        [Extension("known.extension", ["known/extension.pyx"])], language_level="3"
    ),
)
