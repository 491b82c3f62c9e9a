"""The one way to decode a recorded event: as it is today, whatever version it was written in."""

from types import UnionType
from typing import Any, Generic, TypeVar, cast, get_args

import msgspec

from migrations.events.upcasters import UPCASTERS, ancestors_of, upcast

E = TypeVar("E", bound=msgspec.Struct)


class _Kind(msgspec.Struct):
    kind: str


_kind = msgspec.json.Decoder(_Kind)
_content = msgspec.json.Decoder(dict[str, Any])


class _Document(msgspec.Struct, Generic[E], gc=False):
    data: E


class _RawDocument(msgspec.Struct, gc=False):
    data: msgspec.Raw


_raw_documents = msgspec.json.Decoder(list[_RawDocument])


class EventDecoder(Generic[E]):
    """Decodes one union of events, as `msgspec.json.Decoder` does, and all that preceded them.

    An event of today costs nothing extra: only what the union does not know is looked at again.
    """

    def __init__(self, union: type[E] | UnionType) -> None:
        self.kinds = kinds_of(union)
        self._today: msgspec.json.Decoder[E] = msgspec.json.Decoder(cast("type[E]", union))
        generic: Any = _Document
        self._documents: msgspec.json.Decoder[list[_Document[E]]] = msgspec.json.Decoder(
            list[generic[union]]
        )

    def decode_all(self, documents: str | bytes) -> list[E]:
        """Return the events in a JSON array of objects that have them as `data`.

        Decoded in one go, which costs half of one by one; only where some are of an older kind
        is each looked at. Raises `msgspec.MsgspecError` as `decode` does.
        """
        try:
            return [document.data for document in self._documents.decode(documents)]
        except msgspec.ValidationError:
            return [self.decode(bytes(raw.data)) for raw in _raw_documents.decode(documents)]

    def decode(self, data: bytes) -> E:
        """Return the event; raises `msgspec.ValidationError` for what it never was."""
        try:
            return self._today.decode(data)
        except msgspec.ValidationError:
            kind = _kind.decode(data).kind
            if kind not in UPCASTERS:
                raise
        content = _content.decode(data)
        del content["kind"]
        try:
            kind, content = upcast(kind, content)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise msgspec.ValidationError(f"no {kind} was ever written so: {error!r}") from error
        return self._today.decode(msgspec.json.encode({"kind": kind, **content}))


def kinds_of(union: type[msgspec.Struct] | UnionType) -> frozenset[str]:
    """Return the wire tags a union of events reads, those of older versions too."""
    members: tuple[type[msgspec.Struct], ...] = get_args(union) or (union,)
    return ancestors_of(str(member.__struct_config__.tag) for member in members)
