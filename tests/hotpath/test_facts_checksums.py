"""CRC-32C against its published values, on both twins and both ways of computing it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpath import _crc32c_cy, _crc32c_py

WAYS = [
    _crc32c_py.crc32c,
    _crc32c_py.crc32c_by_table,
    _crc32c_cy.crc32c,
    _crc32c_cy.crc32c_by_table,
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("data", "crc"),
    [  # RFC 3720, appendix B.4
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_published_values_are_met(way, data, crc):
    assert way(data) == crc


@given(st.binary(max_size=100))
def test_the_twins_agree(data):
    assert len({way(data) for way in WAYS}) == 1
