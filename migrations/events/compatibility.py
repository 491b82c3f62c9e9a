"""Whether what was written to one JSON Schema is read, whole, by another."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

# A limit that is new or other than it was may refuse what was recorded; one that went may not.
LIMITS = (
    "const", "format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
    "maxProperties",
)  # fmt: skip


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return a sentence for each way in which `new` would not read what `old` allowed; [] if none.

    Refused are: a field that is gone, a new field without a default, another type, an enum that
    lost a value, a tighter limit. Allowed are a new field with a default and anything wider.
    """
    return list(_Comparison(old, new).broken(old, new, ""))


class _Comparison:
    """Two documents, each with `$defs` of its own; what refers to itself is compared once."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old.get("$defs", {}), new.get("$defs", {})
        self._seen: set[tuple[str, str]] = set()

    def broken(self, old: Any, new: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - a schema or a bool
        if new is True or new == {} or old is False:
            return  # Whatever was allowed is.
        if not isinstance(old, dict) or not isinstance(new, dict):
            if old != new:
                yield f"{where or 'it'} allowed more than it does"
            return
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _followed(old, self._old), _followed(new, self._new)
        choices = new.get("anyOf") or [new]
        for choice in old.get("anyOf") or [old]:
            yield from self._choice(choice, choices, where)

    def _choice(self, old: Schema, choices: list[Schema], where: str) -> Iterator[str]:
        """Yield why no choice reads what the old one allowed; nothing when one does."""
        whys: list[list[str]] = []
        for choice in choices:
            seen = set(self._seen)
            why = list(self._plain(_followed(old, self._old), _followed(choice, self._new), where))
            if not why:
                return
            self._seen = seen
            whys.append(why)
        yield from min(whys, key=len)

    def _plain(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        if "anyOf" in old or "anyOf" in new:
            yield from self.broken(old, new, where)
            return
        if _types(old) - _types(new):
            yield f"{where or 'it'} was {_named(old)} and is {_named(new)}"
            return
        if "enum" in new and not set(map(repr, old.get("enum", [None]))) <= set(
            map(repr, new["enum"])
        ):
            yield f"{where or 'it'} lost a value it could have"
        for limit in LIMITS:
            if limit in new and new[limit] != old.get(limit):
                yield f"{where or 'it'} has another {limit} than it had"
        yield from self._object(old, new, where)
        yield from self._array(old, new, where)

    def _object(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, part in before.items():
            if name in after:
                yield from self.broken(part, after[name], f"{where}/{name}")
            else:
                yield f"{where}/{name} is gone"
        for name in new.get("required", []):
            if name not in old.get("required", []):
                yield f"{where}/{name} is required, and was not"
        more, fewer = old.get("additionalProperties", False), new.get("additionalProperties", True)
        if more is not False:
            yield from self.broken(more, fewer, f"{where}/*")

    def _array(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        first, firsts = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(first) != len(firsts):
            yield f"{where or 'it'} has {len(firsts)} fixed places and had {len(first)}"
        for place, (part, other) in enumerate(zip(first, firsts, strict=False)):
            yield from self.broken(part, other, f"{where}/{place}")
        if "items" in old or "items" in new:
            yield from self.broken(old.get("items", True), new.get("items", True), f"{where}/-")


def _followed(schema: Schema, defs: Schema) -> Schema:
    while "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    return schema


def _types(schema: Schema) -> set[str]:
    """Return the JSON types allowed; a number allows integers, no type at all allows any."""
    named = schema.get("type", [])
    names = {named} if isinstance(named, str) else set(named)
    if not names and "enum" in schema:
        return {"string" if isinstance(value, str) else "integer" for value in schema["enum"]}
    return names | ({"integer"} if "number" in names else set())


def _named(schema: Schema) -> str:
    return " or ".join(sorted(_types(schema))) or "anything"
