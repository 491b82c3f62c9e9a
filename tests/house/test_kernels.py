"""Every compiled kernel has a readable twin, one facade and one suite over both."""

import pytest

from tests.house.sources import HOUSE, named

KERNELS = sorted((HOUSE / "hotpath").glob("_*_cy.pyx"))


@pytest.mark.parametrize("kernel", KERNELS, ids=named)
def test_a_kernel_has_a_readable_twin_and_a_facade(kernel):
    name = kernel.stem.removeprefix("_").removesuffix("_cy")
    assert (HOUSE / f"hotpath/_{name}_py.py").exists()
    assert (HOUSE / f"hotpath/{name}.py").exists()


@pytest.mark.parametrize("kernel", KERNELS, ids=named)
def test_a_kernel_has_a_suite_that_meets_both_twins(kernel):
    name = kernel.stem.removeprefix("_").removesuffix("_cy")
    suites = [path.read_text() for path in (HOUSE / "tests/hotpath").glob("*.py")]
    assert any(f"_{name}_cy" in text and f"_{name}_py" in text for text in suites) or any(
        f"_{name}_{{" in text for text in suites
    )
