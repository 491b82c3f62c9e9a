"""The one place where every request is admitted: who asks, and whether they may ask this."""

import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from math import ceil
from urllib.parse import urlencode

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect
from litestar.routes import HTTPRoute

from domain.tenant.permissions import SIGNED_IN, Permission
from projections.access import Holder
from write_api.callers import Callers
from write_api.headers import header
from write_api.problems import AnyRequest, Declined
from write_api.rate import Buckets

SIGN_IN = "/sign-in"
NO_ACCESS = "/no-access"
CALLER = "caller"  # where an admitted caller is kept in the request's state
ANSWER_HEADERS = "answer_headers"  # what the edge adds to the answer, whatever it is
GIVEN = frozenset({"caller"})  # what only an admitted request can be given


class RouteUnguarded(Exception):
    """A route does not say which permission it needs."""


class Admission:
    """Admits requests before their route sees them.

    A route's `opt["permission"]` is a `Permission`, `SIGNED_IN` (any valid key), None (public),
    or a mapping from the last part of its address to one of these. With `opt["page"]` a
    stranger is led to the sign-in form. Every request of a key counts against its rate, or
    against `rate_per_minute` when it has none.
    """

    def __init__(self, callers: Callers, *, rate_per_minute: int | None = None) -> None:
        self._callers = callers
        self._rate = rate_per_minute
        self._buckets = Buckets()

    async def admit(self, request: AnyRequest) -> Redirect | None:
        """Keep the caller in the request's state, lead strangers away, or raise `Declined`."""
        opt = request.scope["route_handler"].opt
        wanted = opt.get("permission")
        if isinstance(wanted, Mapping):
            wanted = wanted[request.scope["path"].rstrip("/").rpartition("/")[2]]
        if wanted is None:
            return None
        holder = await self._callers.visitor(request)
        if holder is None:
            if opt.get("page"):
                return Redirect(SIGN_IN, status_code=303)
            raise unauthenticated(invalid=header(request, b"authorization") is not None)
        if (rate := holder.rate or self._rate) is not None:
            self._take(request, holder, rate)
        if wanted not in holder.permissions and wanted != SIGNED_IN:
            return no_access(request, opt, wanted)
        request.scope["state"][CALLER] = holder
        return None

    async def visitor(self, request: AnyRequest) -> Holder | None:
        """Return who asks, None for a stranger: for routes that anybody may call."""
        return request.scope["state"].get(CALLER) or await self._callers.visitor(request)

    def _take(self, request: AnyRequest, holder: Holder, rate: int) -> None:
        taken = self._buckets.take(holder.tenant, holder.key, per_minute=rate, now=time.monotonic())
        request.scope["state"][ANSWER_HEADERS] = taken.headers(rate)
        if not taken.allowed:
            raise Declined(
                HTTPStatus.TOO_MANY_REQUESTS,
                "rate_limited",
                f"This key may ask {rate} times a minute: Retry-After says when again.",
                headers={"Retry-After": str(ceil(taken.retry_after))},
            )


def admitted(request: AnyRequest) -> Holder:
    """Return the caller whom `admit` let in."""
    caller: Holder = request.scope["state"][CALLER]
    return caller


def require_guards(app: Litestar) -> None:
    """Raise `RouteUnguarded` for a route that declares no permission, or a wrong one."""
    for path, handler in _handlers(app):
        if "permission" not in handler.opt:
            raise RouteUnguarded(f"{path} does not say which permission it needs")
        wanted = handler.opt["permission"]
        choices = list(wanted.values()) if isinstance(wanted, Mapping) else [wanted]
        if unknown := set(choices) - {None, SIGNED_IN, *Permission}:
            raise RouteUnguarded(f"{path} needs {unknown}, which is no permission")
        if None in choices and GIVEN & set(handler.parsed_fn_signature.parameters):
            raise RouteUnguarded(f"{path} is public, and asks for its caller")


def unauthenticated(*, invalid: bool = False) -> Declined:
    """Return the no to a stranger, or to who sent something `invalid` (RFC 6750, section 3)."""
    more = ', error="invalid_token"' if invalid else ""
    return Declined(
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
        "Send a valid API key as `Authorization: Bearer KEY`.",
        headers={"WWW-Authenticate": f'Bearer realm="Campaign Express"{more}'},
    )


def no_access(request: AnyRequest, opt: Mapping[str, object], wanted: str) -> Redirect:
    """Lead a browser from a page to the one that says what is missing, or decline."""
    if opt.get("page") and header(request, b"authorization") is None:
        return Redirect(f"{NO_ACCESS}?{urlencode({'permission': wanted})}", status_code=303)
    raise permission_missing(wanted)


def permission_missing(wanted: str) -> Declined:
    return Declined(
        HTTPStatus.FORBIDDEN,
        "permission_missing",
        f"This needs the permission {wanted}, which your roles or your key do not give you.",
    )


def _handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if method != "OPTIONS":  # Litestar answers these itself, and tells nothing
                    yield f"{method} {route.path}", handler
