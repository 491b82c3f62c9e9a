"""How everything that goes wrong looks over HTTP: `application/problem+json` (RFC 9457)."""

import inspect
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from commands.ports import Fault
from commands.transact import RequestUnderWay, StaleVersion
from domain.refusal import Reason, Refusal
from projections.metrics import MetricsUnreachable
from projections.ports import ViewUnreachable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1

STATUS = {
    Reason.UNKNOWN: HTTPStatus.NOT_FOUND,
    Reason.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Reason.UNTIMELY: HTTPStatus.CONFLICT,
    Reason.MALFORMED: HTTPStatus.UNPROCESSABLE_ENTITY,
}

CODES = {
    HTTPStatus.BAD_REQUEST: "malformed_request",
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "media_type_unsupported",
}

SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method: see Allow.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than this API accepts.",
}

LOG = structlog.get_logger("api")
AnyRequest: TypeAlias = Request[Any, Any, State]


class Flaw(msgspec.Struct, frozen=True):
    """One wrong field: its JSON pointer (RFC 6901) and what is wrong with it."""

    pointer: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request that did not succeed: `detail` says why in a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Flaw] = []
    details: dict[str, str] = {}
    version: int | None = None


class Declined(Exception):
    """A request that the edge itself turns down, before any business rule is asked."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: Sequence[Flaw] = (),
        headers: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers, self.version = list(errors), dict(headers or {}), version


def refused(request: AnyRequest, refusal: Refusal) -> Response[Problem]:
    """Show a business rule's no: its docstring is the sentence, its reason the status."""
    stale = isinstance(refusal, StaleVersion)
    return _shown(
        request,
        status_of(type(refusal)),
        refusal.code,
        sentence_of(type(refusal)),
        errors=[Flaw(*error) for error in refusal.errors],
        details={name: str(value) for name, value in refusal.details.items()},
        headers={"Retry-After": str(RETRY_AFTER_S)}
        if isinstance(refusal, RequestUnderWay)
        else None,
        version=int(refusal.details["current"]) if stale else None,
    )


def status_of(refusal: type[Refusal]) -> HTTPStatus:
    """Return the status of a refusal's reason; a stale version has a status of its own."""
    stale = issubclass(refusal, StaleVersion)
    return HTTPStatus.PRECONDITION_FAILED if stale else STATUS[refusal.reason]


def sentence_of(refusal: type[Refusal]) -> str:
    """Return what the user reads: the refusal's docstring."""
    return inspect.getdoc(refusal) or refusal.code


def declined(request: AnyRequest, no: Declined) -> Response[Problem]:
    return _shown(
        request, no.status, no.code, no.detail,
        errors=no.errors, headers=no.headers, version=no.version,
    )  # fmt: skip


def failed(request: AnyRequest, fault: Exception) -> Response[Problem]:
    """Ask the caller to come back: the request was fine and the world was not."""
    LOG.warning("fault", fault=type(fault).__name__, why=str(fault), request_id=id_of(request))
    return _shown(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "try_again",
        "Something this request needs is out of reach. Nothing is lost: please try again.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def http_failed(request: AnyRequest, error: HTTPException) -> Response[Problem]:
    """Translate what Litestar itself turns down: paths, methods, parameters, sizes."""
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return crashed(request, error)
    extra = error.extra if isinstance(error.extra, dict) else {}
    errors = _parameter_flaws(request, error) if isinstance(error, ValidationException) else []
    detail = "Some parameters are wrong: each is named under errors." if errors else error.detail
    if detail == status.phrase or detail.startswith(str(int(status))):
        detail = SENTENCES.get(status, detail)
    code = extra.get("code") or CODES.get(status, status.phrase.lower().replace(" ", "_"))
    return _shown(request, status, code, detail, errors=errors, headers=error.headers)


def crashed(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Say only that we are wrong: the log keeps the traceback beside the request id."""
    trace = "".join(traceback.format_exception(error))  # Never locals: they hold keys.
    LOG.error("crash", request_id=id_of(request), trace=trace)
    return _shown(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "our_mistake",
        "This is a mistake on our side. Please report it with the request id.",
    )


def id_of(request: AnyRequest) -> str:
    return str(request.scope["state"].get("request_id", ""))


def _parameter_flaws(request: AnyRequest, error: ValidationException) -> list[Flaw]:
    items = error.extra if isinstance(error.extra, list) else []
    return [
        Flaw("/" + _wire_name(request, str(item.get("key", ""))), str(item.get("message", "")))
        for item in items
    ]


def _wire_name(request: AnyRequest, argument: str) -> str:
    """Return a parameter's name as the caller wrote it, not as our function calls it."""
    parameters = request.scope["route_handler"].parsed_fn_signature.parameters
    kwarg = parameters[argument].kwarg_definition if argument in parameters else None
    return str(getattr(kwarg, "name", None) or argument)


def _shown(
    request: AnyRequest,
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    errors: Sequence[Flaw] = (),
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, str] | None = None,
    version: int | None = None,
) -> Response[Problem]:
    problem = Problem(
        type=f"/problems#{code}",
        title=code.replace("_", " ").capitalize(),
        status=int(status),
        detail=detail,
        code=code,
        request_id=id_of(request),
        errors=list(errors),
        details=dict(details or {}),
        version=version,
    )
    kept = {**(headers or {}), "Cache-Control": "no-store"}
    return Response(problem, status_code=int(status), media_type=MEDIA_TYPE, headers=kept)


HANDLERS: ExceptionHandlersMap = {
    Refusal: refused,
    Declined: declined,
    Fault: failed,
    ViewUnreachable: failed,
    MetricsUnreachable: failed,
    HTTPException: http_failed,
    Exception: crashed,
}
