"""What a member may be called: text that fits one part of an address."""

import unicodedata

from domain.loyalty.refusals import MemberNameInvalid

BYTES_MAX = 256
INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, surrogates, line ends


def is_name(name: str) -> bool:
    """Tell whether anybody can be called this."""
    try:
        require_name(name)
    except MemberNameInvalid:
        return False
    return True


def require_name(name: str) -> None:
    """Refuse a name that no address could carry unchanged."""
    if not 0 < len(name.encode("utf-8", "surrogatepass")) <= BYTES_MAX:
        raise MemberNameInvalid(why="length")
    if name != name.strip() or name in {".", ".."}:
        raise MemberNameInvalid(why="spaces around it, or dots alone")
    if "/" in name or any(unicodedata.category(letter) in INVISIBLE for letter in name):
        raise MemberNameInvalid(why="a slash or a control character")
