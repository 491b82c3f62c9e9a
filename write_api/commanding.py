"""What all commands share: who asks and under which id, and how their outcome is told."""

from typing import Any, NamedTuple

import msgspec
from litestar import Response
from uuid_utils import uuid4

from commands.desk import Desk
from commands.transact import Asking, Outcome, command_id_of, fingerprint_of
from domain.identity import PersonId, TenantId
from projections.access import Holder
from write_api.preconditions import idempotency_key
from write_api.problems import AnyRequest, id_of


class Commander(NamedTuple):
    """Whoever asks, and the desk their command is worked at.

    One thing to inject instead of two: Litestar resolves several side by side in tasks of
    their own, which costs more than the rest of its routing.
    """

    caller: Holder
    desk: Desk


class Receipt(msgspec.Struct, frozen=True):
    """What a command did: `version` is the new ETag, `position` what a read may wait for."""

    id: str
    version: int
    position: int


def asking(request: AnyRequest, caller: Holder, body: Any) -> Asking:  # noqa: ANN401 - any command's body
    """Return who asks: an `Idempotency-Key` makes the command's id, so a retry is recognised."""
    tenant = TenantId(caller.tenant)
    key = idempotency_key(request)
    return Asking(
        tenant=tenant,
        person=PersonId(str(caller.person)),
        roles=caller.roles,
        command_id=command_id_of(tenant, key) if key else str(uuid4()),
        fingerprint=fingerprint_of(request.method, request.scope["path"], body),
        correlation_id=id_of(request),
    )


def receipt(outcome: Outcome, *, status: int = 200) -> Response[Receipt]:
    """Return the outcome with its ETag and the token that lets a read wait for it."""
    headers = {
        "ETag": f'"{outcome.version}"',
        "X-Consistency-Token": str(outcome.position),
    }
    if outcome.replayed:
        headers["Idempotent-Replayed"] = "true"
    if status == 201:  # noqa: PLR2004 - HTTP's own number
        headers["Location"] = f"/v1/campaigns/{outcome.id}"
    shown = Receipt(outcome.id, outcome.version, outcome.position)
    return Response(shown, status_code=status, headers=headers)
