"""What a request's body must be: read strictly, with every mistake named at once."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from write_api.headers import header
from write_api.problems import SENTENCES, AnyRequest, Declined, Flaw

BODY_BYTES_MAX = 1_000_000
FLAWS_MAX = 50  # enough to mend a form; a body made of mistakes need not be echoed whole
JSON_TYPES = ("application/json", "application/merge-patch+json")

ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()

T = TypeVar("T")


async def read_as(request: AnyRequest, wanted: type[T]) -> T:
    """Return a request's JSON body as `wanted`, or decline naming every wrong field."""
    return understood(await whole(request), header(request, b"content-type") or "", wanted)


async def whole(request: AnyRequest) -> bytes:
    """Return all of a request's body, or decline one of more than `BODY_BYTES_MAX`.

    Litestar's own `body()` builds all headers to compare a length that servers have checked.
    """
    parts, size, more = [], 0, True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            break  # The caller has gone: nobody hears what becomes of this.
        parts.append(message["body"])
        size += len(parts[-1])
        more = message["more_body"]
        if size > BODY_BYTES_MAX:
            raise Declined(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "body_too_large",
                SENTENCES[HTTPStatus.REQUEST_ENTITY_TOO_LARGE],
            )
    return parts[0] if len(parts) == 1 else b"".join(parts)


def understood(body: bytes, content_type: str, wanted: type[T]) -> T:
    """Return the body as `wanted`, or decline naming every wrong field."""
    if not body:
        body = b"{}"  # An action's body is optional; what a field lacks is named below.
    elif content_type.partition(";")[0].strip().lower() not in JSON_TYPES:
        raise Declined(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "media_type_unsupported",
            "The body must be JSON, sent as Content-Type: application/json.",
        )
    try:
        return cast("T", _decoded(_decoder(cast("Hashable", wanted)), body))
    except msgspec.ValidationError as error:
        # The typed decoder stops at the first wrong field, and may not have read to the end.
        raise _bad_fields(wanted, _decoded(ANY, body), error) from None


def judged(value: Mapping[str, object], wanted: type[T]) -> T:
    """Return a form's fields as `wanted`, or decline naming every wrong one."""
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise _bad_fields(wanted, value, error) from None


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:  # noqa: ANN401 - whatever it decodes
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Declined(
            HTTPStatus.BAD_REQUEST, "json_malformed", f"The body is not well-formed JSON: {error}."
        ) from None


def flaws(wanted: Any, value: object, pointer: str = "") -> Iterator[Flaw]:  # noqa: ANN401 - any annotation
    """Yield what keeps `value` from being a `wanted`, one flaw a field, depth first."""
    kind, arguments = get_origin(wanted), get_args(wanted)
    if kind is Annotated and _is_compound(arguments[0]):
        yield from flaws(arguments[0], value, pointer)
    elif kind in (Union, UnionType) and (choice := _the_only_choice(arguments)):
        if value is not None or NoneType not in arguments:
            yield from flaws(choice, value, pointer)
    elif _is_struct(wanted) and isinstance(value, Mapping):
        yield from _struct_flaws(wanted, value, pointer)
    elif kind in (list, tuple) and arguments and isinstance(value, list):
        yield from _item_flaws(wanted, value, pointer)
    else:
        yield from _leaf_flaws(wanted, value, pointer)


def _struct_flaws(
    wanted: type[msgspec.Struct], value: Mapping[str, object], pointer: str
) -> Iterator[Flaw]:
    hints = _hints(wanted)
    fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    for name in value.keys() - fields.keys():
        yield Flaw(_below(pointer, name), "There is no such field")
    for name, field in fields.items():
        if name in value:
            yield from flaws(hints[field.name], value[name], _below(pointer, name))
        elif field.required:
            yield Flaw(_below(pointer, name), "This field is required")


def _item_flaws(wanted: Any, value: Sequence[object], pointer: str) -> Iterator[Flaw]:  # noqa: ANN401 - any annotation
    arguments = get_args(wanted)
    found = False
    for index, item in enumerate(value):
        fixed = get_origin(wanted) is tuple and arguments[-1] is not Ellipsis
        if fixed and index >= len(arguments):
            break
        for flaw in flaws(arguments[index if fixed else 0], item, _below(pointer, str(index))):
            found = True
            yield flaw
    if not found:
        yield from _leaf_flaws(wanted, value, pointer)


def _leaf_flaws(wanted: Any, value: object, pointer: str) -> Iterator[Flaw]:  # noqa: ANN401 - any annotation
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        yield Flaw(pointer, str(error).partition(" - at `")[0])


def _bad_fields(
    wanted: Any,  # noqa: ANN401 - any annotation
    value: object,
    error: msgspec.ValidationError,
) -> Declined:
    found = sorted(flaws(wanted, value), key=lambda flaw: flaw.pointer)[:FLAWS_MAX]
    return Declined(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "fields_wrong",
        "Some fields are wrong: each is named under errors.",
        errors=found or [Flaw("", str(error))],
    )


def _below(pointer: str, name: str) -> str:
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _is_struct(wanted: object) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)


def _is_compound(wanted: object) -> bool:
    return _is_struct(wanted) or get_origin(wanted) in (Union, UnionType)


def _the_only_choice(arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any annotation
    choices = [argument for argument in arguments if argument not in (NoneType, msgspec.UnsetType)]
    return choices[0] if len(choices) == 1 else None


@cache
def _hints(wanted: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(wanted, include_extras=True)


@cache
def _decoder(wanted: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted)
