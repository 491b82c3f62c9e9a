"""The compiled kernels: every `hotpath/*.pyx`, and the modules a bid spends its time in."""

from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup

# No -march: a wheel built here must run elsewhere, so kernels that want wider
# instructions choose them at run time.
KERNELS = [
    Extension(path.removesuffix(".pyx").replace("/", "."), [path], extra_compile_args=["-O3"])
    for path in sorted(glob("hotpath/*.pyx"))  # noqa: PTH207 - setuptools wants relative paths
]
# Plain Python that runs as it is and takes 40 % less time compiled; hints stay hints.
PLAIN = [
    Extension(f"hotpath.{name}", [f"hotpath/{name}.py"], extra_compile_args=["-O2"])
    for name in ("bidder", "index_rules", "matching", "provider")
]

setup(
    ext_modules=[
        *cythonize(KERNELS, language_level=3, annotate=False),
        *cythonize(
            PLAIN,
            language_level=3,
            annotate=False,
            compiler_directives={"annotation_typing": False},
        ),
    ]
)
