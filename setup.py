"""The compiled kernels: every `hotpath/*.pyx` becomes an extension beside its source."""

from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup

# No -march: a wheel built here must run elsewhere, so kernels that want wider
# instructions choose them at run time (`target_clones`).
EXTENSIONS = [
    Extension(path.removesuffix(".pyx").replace("/", "."), [path], extra_compile_args=["-O3"])
    for path in sorted(glob("hotpath/*.pyx"))  # noqa: PTH207 - setuptools wants relative paths
]

setup(ext_modules=cythonize(EXTENSIONS, language_level=3, annotate=False))
