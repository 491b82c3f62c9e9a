"""What a person may be called when something is asked about them."""

import unicodedata

from domain.privacy.refusals import SubjectInvalid

BYTES_MAX = 256
UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, surrogates, line ends


def require_subject(name: str) -> None:
    """Refuse a name that no part of the product could have taken."""
    size = len(name.encode("utf-8", "surrogatepass"))
    unseen = any(unicodedata.category(letter) in UNSEEN for letter in name)
    if not 0 < size <= BYTES_MAX or unseen:
        raise SubjectInvalid
