"""The query of a pixel: `parse_query(query) -> (values, faults)`.

`query` is what stands after `?`, form-urlencoded (WHATWG URL, section 5.1): `+` is a space and
`%41` an `A`. `values` are UTF-8 bytes in the order of `NAMES`, None when absent, empty or
faulty; unknown names are ignored. `faults` are (name, fault) in the order met: `repeated` (the
first value stands), `malformed` (a `%` without two hex digits), `not_utf8`.
"""

from typing import TYPE_CHECKING

from hotpath._query_py import NAMES

__all__ = ["NAMES", "parse_query"]

if TYPE_CHECKING:
    from hotpath._query_py import parse_query
else:
    try:
        from hotpath._query_cy import parse_query
    except ImportError:  # no compiler on this machine: the readable twin says the same
        from hotpath._query_py import parse_query
