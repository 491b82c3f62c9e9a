"""Which class of device a request comes from, and what a campaign may call it.

Source: AdCOM 1.0, list "Device Types".
"""

import re
from functools import lru_cache

from hotpath.openrtb import Device

_BY_TYPE: dict[int, tuple[str, ...]] = {
    1: ("mobile", "tablet"),  # "Mobile/Tablet - General" is either, so both may be meant
    2: ("desktop",),
    3: ("ctv",),
    4: ("mobile",),
    5: ("tablet",),
    6: ("ctv",),
    7: ("ctv",),
    8: ("dooh",),
}
_SYNONYMS = {
    "phone": "mobile",
    "smartphone": "mobile",
    "pc": "desktop",
    "computer": "desktop",
    "personal_computer": "desktop",
    "tv": "ctv",
    "connected_tv": "ctv",
    "set_top_box": "ctv",
    "connected_device": "ctv",
}
_BY_AGENT = (
    ("ctv", re.compile(r"(?i)smart-?tv|appletv|apple tv|googletv|hbbtv|roku|aftt|bravia|web0s")),
    ("tablet", re.compile(r"(?i)ipad|tablet|kindle|silk/|android(?!.*mobile)")),
    ("mobile", re.compile(r"(?i)iphone|ipod|mobile|android|windows phone")),
    ("desktop", re.compile(r"(?i)windows nt|macintosh|x11|cros")),
)
AGENT_CHARS = 512


def device_named(said: str) -> str:
    """Return our name for what a campaign calls a device: mobile, tablet, desktop, ctv, dooh."""
    name = said.strip().lower().replace(" ", "_").replace("-", "_")
    return _SYNONYMS.get(name, name)


def devices_of(device: Device | None) -> tuple[str, ...]:
    """Return the classes a request's device may be, none when it does not say.

    The declared type counts; without one the user agent is asked.
    """
    if device is None:
        return ()
    declared = _BY_TYPE.get(device.devicetype or 0)
    if declared is not None:
        return declared
    return _by_agent(device.ua[:AGENT_CHARS]) if device.ua else ()


@lru_cache(maxsize=4_096)
def _by_agent(agent: str) -> tuple[str, ...]:
    return next(((name,) for name, pattern in _BY_AGENT if pattern.search(agent)), ())
