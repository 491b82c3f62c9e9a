"""The OpenAPI document, told by the routes themselves: parameters, bodies, answers, problems."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.routes import HTTPRoute

from ops.api_examples import EXAMPLES
from write_api.problems import MEDIA_TYPE, Problem

REF = "#/components/schemas/{name}"
HIDDEN = frozenset({"HEAD", "OPTIONS"})
OPEN_TAGS = frozenset({"Operation", "Reference"})
COMMAND_HEADERS = {
    "Idempotency-Key": "Makes a retry safe: the same key and body answer what they answered before",
    "If-Match": "The ETag that was read; a stale one is refused with 412",
}
DESCRIPTION = (
    "Commands answer with the version they led to and a position; send the position as "
    "`X-Consistency-Token` to read what was written. What goes wrong is answered as "
    "`application/problem+json`."
)
Json = dict[str, Any]


class Reference:
    """Satisfies `ApiReference`: the document is made on the first question."""

    def __init__(self) -> None:
        self._document: bytes | None = None

    def document(self, app: Litestar) -> bytes:
        """Return the OpenAPI 3.1 document of the application's routes."""
        if self._document is None:
            self._document = msgspec.json.encode(document_of(app))
        return self._document


def document_of(app: Litestar) -> Json:
    """Return the OpenAPI document as plain values."""
    operations = [
        (path, method.lower(), handler)
        for path, method, handler in _operations(app)
        if handler.resolve_include_in_schema()
    ]
    types = {type_ for path, _, handler in operations for type_ in _types(path, handler)}
    ordered = sorted(types, key=str)
    shown, components = msgspec.json.schema_components(ordered, ref_template=REF)
    schemas = dict(zip(ordered, shown, strict=True))
    paths: dict[str, Json] = {}
    for path, method, handler in operations:
        paths.setdefault(path, {})[method] = _operation(path, method, handler, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Campaign Express", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if method not in HIDDEN:
                    yield route.path_format, method, handler


def _types(path: str, handler: HTTPRouteHandler) -> Iterator[Any]:
    yield Problem
    yield from _answers(handler)
    if (body := _body(path, handler)) is not None:
        yield body


def _answers(handler: HTTPRouteHandler) -> tuple[Any, ...]:
    if told := handler.opt.get("answer"):
        return (told,)
    annotation = handler.parsed_fn_signature.return_type.annotation
    if get_origin(annotation) is Response:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in {Union, UnionType}:
        return get_args(annotation)
    untold = isinstance(annotation, type) and issubclass(annotation, (bytes, Response))
    return () if untold else (annotation,)


def _body(path: str, handler: HTTPRouteHandler) -> Any:  # noqa: ANN401 - any annotation
    if bodies := handler.opt.get("bodies"):
        return bodies[path.rpartition("/")[2]]
    return handler.opt.get("body")


def _operation(
    path: str, method: str, handler: HTTPRouteHandler, schemas: Mapping[Any, Json]
) -> Json:
    tags = list(handler.tags or ())
    name = path.rpartition("/")[2] if handler.opt.get("bodies") else ""
    operation: Json = {
        "operationId": "_".join(filter(None, (handler.handler_name, name.replace("-", "_")))),
        "summary": (handler.fn.__doc__ or "").strip().partition("\n")[0],
        "tags": tags,
        "parameters": [*_parameters(handler), *_command_headers(method)],
        "responses": _responses(handler, schemas),
    }
    if not OPEN_TAGS.intersection(tags):
        operation["security"] = [{"key": []}]
    if (body := _body(path, handler)) is not None:
        media: Json = {"schema": schemas[body]}
        if body in EXAMPLES:
            media["example"] = EXAMPLES[body]
        required = any(field.required for field in msgspec.structs.fields(body))
        operation["requestBody"] = {"required": required, "content": {"application/json": media}}
    return operation


def _parameters(handler: HTTPRouteHandler) -> Iterator[Json]:
    for name, field in handler.parsed_fn_signature.parameters.items():
        kwarg = field.kwarg_definition
        if not isinstance(kwarg, ParameterKwarg) or name in handler.resolve_dependencies():
            continue
        place = str(kwarg.param_type.value)
        schema = msgspec.json.schema(field.annotation)
        for limit, keyword in (("ge", "minimum"), ("le", "maximum"), ("max_length", "maxLength")):
            if (bound := getattr(kwarg, limit)) is not None:
                schema[keyword] = bound
        if field.has_default and field.default is not None:
            schema["default"] = field.default
        shown: Json = {
            "name": kwarg.name or name,
            "in": place,
            "required": place == "path" or not field.has_default,
            "schema": schema,
        }
        yield {**shown, "description": kwarg.description} if kwarg.description else shown


def _command_headers(method: str) -> Iterator[Json]:
    if method in {"post", "patch", "put"}:
        for name, description in COMMAND_HEADERS.items():
            required = name == "If-Match" and method == "patch"
            yield {
                "name": name,
                "in": "header",
                "required": required,
                "description": description,
                "schema": {"type": "string"},
            }


def _responses(handler: HTTPRouteHandler, schemas: Mapping[Any, Json]) -> Json:
    success: Json = {"description": "Done"}
    if answers := _answers(handler):
        shown = [schemas[answer] for answer in answers]
        media: Json = {"schema": shown[0] if len(shown) == 1 else {"anyOf": shown}}
        if answers[0] in EXAMPLES:
            media["example"] = EXAMPLES[answers[0]]
        success["content"] = {"application/json": media}
    problem = {"schema": schemas[Problem], "example": EXAMPLES[Problem]}
    return {
        str(handler.status_code): success,
        "default": {"description": "It did not succeed", "content": {MEDIA_TYPE: problem}},
    }
