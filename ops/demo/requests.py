"""Where the demo's bid requests come from: our own, and recorded ones where they are at hand."""

from pathlib import Path

import msgspec

OWN = Path(__file__).with_name("requests.jsonl")
RECORDED = Path(__file__).parents[3] / "shared/data/openrtb_requests.jsonl"

# A request the story's campaign always suits: what stops it is the budget alone.
SUITABLE = {
    "imp": [{"id": "1", "banner": {"w": 300, "h": 250}, "secure": 1}],
    "site": {"id": "s1", "domain": "news.example", "page": "https://news.example/today"},
    "device": {"ua": "Mozilla/5.0", "ip": "203.0.113.9", "geo": {"country": "USA"}},
    "at": 1,
    "cur": ["USD"],
}


class _Recorded(msgspec.Struct):
    body: msgspec.Raw


def own() -> list[bytes]:
    """Return the demo's own requests."""
    return [line for line in OWN.read_bytes().splitlines() if line.strip()]


def recorded() -> list[bytes]:
    """Return requests that real exchanges sent; [] where the file is not at hand."""
    if not RECORDED.is_file():
        return []
    lines = RECORDED.read_bytes().splitlines()
    return [bytes(msgspec.json.decode(line, type=_Recorded).body) for line in lines]


def suitable(number: int) -> bytes:
    """Return the `number`th request that the story's campaign suits."""
    return msgspec.json.encode({"id": f"suitable-{number}", **SUITABLE})
