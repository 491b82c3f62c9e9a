"""What data may be used for: the eleven purposes of TCF, and names for choices made without it.

Source: IAB Europe, "Transparency & Consent Framework Policies" 5.0, appendix A.
"""

from collections.abc import Iterable, Mapping

STANDARD: dict[int, str] = {
    1: "storage",
    2: "limited_ads",
    3: "ad_profiles",
    4: "profiled_ads",
    5: "content_profiles",
    6: "profiled_content",
    7: "ad_performance",
    8: "content_performance",
    9: "audience_insights",
    10: "development",
    11: "limited_content",
}
EVERY = tuple(STANDARD)
BEFORE_2_2 = EVERY[:-1]  # purpose 11 came with TCF 2.2
FIRST_WITH_ELEVEN = 4  # the policy version of TCF 2.2
SALE = frozenset({3, 4})  # what selling or sharing data is for: advertising by profile
STORAGE = 1
STORING = ("1", "storage")

ALL = "all"
GROUPS: dict[str, tuple[int, ...]] = {
    "analytics": (1, 7, 8, 9, 10),
    "advertising": (1, 2, 3, 4, 7),
    "personalization": (1, 5, 6, 11),
}
_ALIASES = {
    "measurement": "analytics",
    "ads": "advertising",
    "marketing": "advertising",
    "personalisation": "personalization",
}
_NUMBERS = {name: (number,) for number, name in STANDARD.items()} | GROUPS | {ALL: EVERY}


def numbers_of(name: str | int) -> tuple[int, ...] | None:
    """Return the TCF purposes that a name or number stands for; None for a name of one's own."""
    if isinstance(name, int):
        return (name,)
    if name.isascii() and name.isdigit():
        return (int(name),)
    return _NUMBERS.get(_ALIASES.get(name, name))


def chosen(choices: Mapping[str, bool]) -> tuple[int, ...]:
    """Return the TCF purposes agreed to.

    Groups overlap: what is in a refused one is out, except storage, without which none works.
    """
    agreed = _numbers(name for name, yes in choices.items() if yes)
    refused = _numbers(name for name, yes in choices.items() if not yes and name not in STORING)
    out = refused - {STORAGE} | ({STORAGE} if _refuses_storage(choices) else set())
    return tuple(sorted(agreed - out))


def _refuses_storage(choices: Mapping[str, bool]) -> bool:
    return any(not choices.get(name, True) for name in STORING)


def _numbers(names: Iterable[str]) -> set[int]:
    return {number for name in names for number in numbers_of(name) or ()}
