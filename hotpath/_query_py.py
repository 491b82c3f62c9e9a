"""The readable twin of the pixel query parser."""

NAMES = ("playerId", "bannerTag", "s", "b", "t", "e", "v", "cur")
_HEX = b"0123456789abcdefABCDEF"
_PERCENT_DIGITS = 2

Fault = tuple[str, str]
Query = tuple[list[bytes | None], list[Fault]]


def parse_query(query: bytes) -> Query:
    """Return the values in the order of `NAMES`, and what is wrong with them."""
    values: list[bytes | None] = [None] * len(NAMES)
    seen: set[str] = set()
    faults: list[Fault] = []
    for pair in query.split(b"&"):
        raw_name, _, raw = pair.partition(b"=")
        name = _known(raw_name)
        if name is None:
            continue
        value = _unquote(raw)
        if name in seen:
            faults.append((name, "repeated"))
        elif value is None:
            faults.append((name, "malformed"))
        elif not _is_utf8(value):
            faults.append((name, "not_utf8"))
        elif value:
            values[NAMES.index(name)] = value
        seen.add(name)
    return values, faults


def _known(raw_name: bytes) -> str | None:
    unquoted = _unquote(raw_name)
    name = None if unquoted is None else unquoted.decode("latin-1")
    return name if name in NAMES else None


def _unquote(raw: bytes) -> bytes | None:
    head, *rest = raw.replace(b"+", b" ").split(b"%")
    out = [head]
    for part in rest:
        digits = part[:_PERCENT_DIGITS]
        if len(digits) < _PERCENT_DIGITS or digits.strip(_HEX):
            return None
        out += (bytes([int(digits, 16)]), part[_PERCENT_DIGITS:])
    return b"".join(out)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
