"""`ops/hot-path.md` tells outsiders what the code does: here it is held to it."""

import re

import pytest

from hotpath.funnel import NO_BID_CODES
from hotpath.limits import Limits
from hotpath.openrtb import IMPS_MAX
from hotpath.pixels import LIMITS
from tests.house.sources import HOUSE

PAGE = (HOUSE / "ops/hot-path.md").read_text()


def test_every_no_bid_reason_is_told_with_its_code():
    told = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.MULTILINE)

    assert {reason: int(code) for reason, code in told} == NO_BID_CODES


@pytest.mark.parametrize(("parameter", "size_max"), LIMITS.items())
def test_every_pixel_parameter_is_told_with_its_size(parameter, size_max):
    lines = [
        line for line in PAGE.splitlines() if line.startswith("|") and f"`{parameter}`" in line
    ]

    assert any(f"{size_max} bytes" in line for line in lines)


def test_every_limit_of_a_request_is_told():
    limits = Limits()
    for number in (
        limits.head_bytes_max, limits.headers_max, limits.body_bytes_max, IMPS_MAX,
        int(limits.head_s_max), int(limits.body_s_max), int(limits.idle_s_max),
        limits.connections_max,
    ):  # fmt: skip
        assert re.search(rf"\| [^|]*\b{number:,}\b", PAGE), number
