"""What was published of an event holds for ever: its schema may only grow."""

import msgspec
import pytest

from migrations.events.compatibility import breaks
from ops import event_schemas
from ops.event_schemas import kinds, objections, publish, published, schema_of
from tests.golden.shipped import EVENTS

NOW = {kind: schema_of(event) for kind, event in kinds().items()}


def test_every_published_event_can_still_be_read():
    assert objections(published(), NOW) == []


def test_every_event_is_published_as_it_is():
    assert published() == NOW, "run python -m ops.event_schemas"


def test_every_published_event_has_its_bytes_kept():
    assert set(published()) == {path.stem for path in EVENTS.glob("*.json")}


def record(required=(), /, **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
BRIEF = {"$ref": "#/$defs/Brief"}
MAYBE = {"anyOf": [TEXT, {"type": "null"}], "default": None}
KINDS = {"enum": ["api", "site"]}


def defined(**properties):
    return {**record(["brief"], brief=BRIEF), "$defs": {"Brief": record(**properties)}}


BROKEN = {
    "a field is gone": (record(name=TEXT), record()),
    "a new field is required": (record(), record(["name"], name=TEXT)),
    "a field became required": (record(name=TEXT), record(["name"], name=TEXT)),
    "another type": (record(name=TEXT), record(name=WHOLE)),
    "a number became whole": (record(cpm=NUMBER), record(cpm=WHOLE)),
    "it may not be null any more": (record(at=MAYBE), record(at=TEXT)),
    "an enum lost a value": (record(use=KINDS), record(use={"enum": ["api"]})),
    "any text became an enum": (record(use=TEXT), record(use=KINDS)),
    "a limit came": (record(n=WHOLE), record(n={**WHOLE, "minimum": 0})),
    "a limit moved": (record(n={**WHOLE, "minimum": 0}), record(n={**WHOLE, "minimum": 1})),
    "items of another type": (
        record(n={"type": "array", "items": TEXT}),
        record(n={"type": "array", "items": WHOLE}),
    ),
    "deep within": (defined(name=TEXT), defined(name=WHOLE)),
    "deep within, gone": (defined(name=TEXT), defined()),
    "a map of others": (
        {"type": "object", "additionalProperties": WHOLE},
        {"type": "object", "additionalProperties": TEXT},
    ),
    "a pair became three": (
        {"type": "array", "prefixItems": [WHOLE, WHOLE], "items": False},
        {"type": "array", "prefixItems": [WHOLE, WHOLE, WHOLE], "items": False},
    ),
}
GROWN = {
    "nothing": (record(["name"], name=TEXT), record(["name"], name=TEXT)),
    "a new field with a default": (record(), record(name={**TEXT, "default": ""})),
    "it need not be there any more": (record(["name"], name=TEXT), record(name=TEXT)),
    "it may be null": (record(at=TEXT), record(at=MAYBE)),
    "an enum has more": (record(use={"enum": ["api"]}), record(use=KINDS)),
    "an enum became any text": (record(use=KINDS), record(use=TEXT)),
    "a whole number may be any": (record(cpm=WHOLE), record(cpm=NUMBER)),
    "a limit went": (record(n={**WHOLE, "minimum": 0}), record(n=WHOLE)),
    "deep within": (defined(name=TEXT), defined(name=TEXT, note={**TEXT, "default": ""})),
    "another name for the same": (
        defined(name=TEXT),
        {**record(["brief"], brief={"$ref": "#/$defs/Plan"}), "$defs": {"Plan": record(name=TEXT)}},
    ),
}


@pytest.mark.parametrize("change", BROKEN)
def test_a_change_that_loses_events_is_refused(change):
    assert breaks(*BROKEN[change])


@pytest.mark.parametrize("change", GROWN)
def test_a_change_that_only_adds_is_let_through(change):
    assert breaks(*GROWN[change]) == []


@pytest.mark.parametrize("kind", sorted(NOW))
def test_every_event_of_today_reads_itself(kind):
    assert breaks(NOW[kind], NOW[kind]) == []


def test_a_schema_that_refers_to_itself_comes_to_an_end():
    tree = {"$ref": "#/$defs/Tree", "$defs": {"Tree": record(below={"$ref": "#/$defs/Tree"})}}
    assert breaks(tree, tree) == []


def test_a_kind_that_went_without_a_successor_is_refused():
    (why,) = objections({"campaign.dreamt.v1": record()}, NOW)
    assert "name what succeeded it" in why
    assert objections({"campaign.drafted.v0": record()}, NOW) == []


def test_nothing_is_published_over_what_it_would_break(tmp_path, monkeypatch):
    class Dreamt(msgspec.Struct, tag_field="kind", tag="campaign.dreamt.v1"):
        of: str

    class DreamtShorter(msgspec.Struct, tag_field="kind", tag="campaign.dreamt.v1"):
        pass

    monkeypatch.setattr(event_schemas, "kinds", lambda: {"campaign.dreamt.v1": Dreamt})
    assert publish(tmp_path) == []
    before = (tmp_path / "campaign.dreamt.v1.json").read_bytes()
    monkeypatch.setattr(event_schemas, "kinds", lambda: {"campaign.dreamt.v1": DreamtShorter})
    (why,) = publish(tmp_path)
    assert "/of is gone" in why
    assert (tmp_path / "campaign.dreamt.v1.json").read_bytes() == before
