"""What all commands share: who asks and under which id, and how their outcome is told."""

from typing import Any, NamedTuple

import msgspec
from litestar.types import Receive, Scope, Send
from uuid_utils import uuid4

from commands.desk import Desk
from commands.transact import Asking, Outcome, command_id_of, fingerprint_of
from domain.identity import PersonId, TenantId
from projections.access import Holder
from write_api.admission import admitted
from write_api.preconditions import idempotency_key
from write_api.problems import AnyRequest, id_of


class Commander(NamedTuple):
    """Whoever asks, and the desk their command is worked at."""

    caller: Holder
    desk: Desk


def commander_of(request: AnyRequest) -> Commander:
    """Return the admitted caller with the application's desk.

    Not injected: resolving a dependency costs Litestar a twelfth of a command.
    """
    return Commander(admitted(request), request.app.state.desk)


class Receipt(msgspec.Struct, frozen=True):
    """What a command did: `version` is the new ETag, `position` what a read may wait for."""

    id: str
    version: int
    position: int


def asking(request: AnyRequest, caller: Holder, body: Any) -> Asking:  # noqa: ANN401 - any command's body
    """Return who asks: an `Idempotency-Key` makes the command's id, so a retry is recognised.

    Without one nothing can come again, and no fingerprint is kept.
    """
    tenant = TenantId(caller.tenant)
    key = idempotency_key(request)
    return Asking(
        tenant=tenant,
        person=PersonId(str(caller.person)),
        roles=caller.roles,
        permissions=caller.permissions,
        command_id=command_id_of(tenant, key) if key else str(uuid4()),
        fingerprint=fingerprint_of(request.method, request.scope["path"], body) if key else "",
        correlation_id=id_of(request),
        once=key is None,
    )


class Answer:
    """A receipt on its way out: the ASGI application that sends it.

    `location` is the address of what was created, percent-encoded.

    Litestar's own response costs a tenth of a command; nothing of what it can do is needed here.
    """

    def __init__(self, outcome: Outcome, *, status: int, location: str | None = None) -> None:
        self._status = status
        self._body = msgspec.json.encode(Receipt(outcome.id, outcome.version, outcome.position))
        self._headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(self._body)),
            (b"etag", b'"%d"' % outcome.version),
            (b"x-consistency-token", b"%d" % outcome.position),
        ]
        if outcome.replayed:
            self._headers.append((b"idempotent-replayed", b"true"))
        if location is not None:
            self._headers.append((b"location", location.encode()))

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self._status,
                "headers": self._headers,
            }
        )
        await send({"type": "http.response.body", "body": self._body, "more_body": False})
