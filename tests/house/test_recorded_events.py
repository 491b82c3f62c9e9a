"""Recorded events are decoded in one way, so that no reader is surprised by an old version."""

import ast
import importlib

import msgspec
import pytest

from domain.event import Event
from tests.house.sources import HOUSE, SOURCES, named, tree

# The domain checks seals where `migrations` cannot be seen, and their kind has no ancestor.
READERS = [
    path for path in SOURCES if path.relative_to(HOUSE).parts[0] not in {"domain", "hotpath"}
]
BARE = {"msgspec.json.Decoder", "msgspec.json.decode"}


def wanted(path):
    """Yield the types that a module hands to a bare decoder, as far as its names tell."""
    module = None
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in BARE:
            continue
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        module = module or importlib.import_module(named(path)[:-3].replace("/", "."))
        for argument in arguments:
            try:
                yield eval(ast.unparse(argument), vars(module))  # noqa: S307 - our own source
            except NameError:
                continue  # It names a variable of a function, not a type of the module.


def members(union):
    return getattr(union, "__args__", None) or (union,)


@pytest.mark.parametrize("path", READERS, ids=named)
def test_no_room_decodes_events_on_its_own(path):
    for union in wanted(path):
        for member in members(union):
            assert not (isinstance(member, type) and issubclass(member, Event)), (
                f"{named(path)} decodes {member.__name__} bare: use migrations.events.EventDecoder"
            )


@pytest.mark.parametrize(
    "path",
    [path for path in READERS if named(path).split("/")[0] in {"commands", "projections"}],
    ids=named,
)
def test_no_reader_lists_kinds_without_their_ancestors(path):
    tags = [n for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute) and n.attr == "tag"]
    assert not tags, f"{named(path)} reads a tag: use migrations.events.kinds_of"


def test_the_rule_sees_what_it_forbids():
    sealed = next(path for path in SOURCES if named(path) == "domain/chain.py")
    assert any(issubclass(union, Event) for union in wanted(sealed))
    assert issubclass(Event, msgspec.Struct)
