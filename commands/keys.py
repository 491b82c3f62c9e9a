"""What may be asked about keys: to issue, to replace, to revoke."""

import secrets
import uuid
from datetime import timedelta
from functools import partial

import msgspec

from commands.desk import Desk
from commands.tenant import Issued, decided, secret_of
from commands.transact import Asking, Outcome
from domain.identity import KeyId
from domain.tenant import Open
from domain.tenant.decisions import issue_key, revoke_key, rotate_key
from domain.tenant.terms import KeyTerms

ID_CHARACTERS = 16
SECRET_BYTES = 24
GRACE_DEFAULT = timedelta(hours=24)


class IssueKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key to issue; `text` is the whole of it."""

    text: str
    terms: KeyTerms


class RotateKey(msgspec.Struct, frozen=True, kw_only=True):
    """Another key on the same terms; the old one opens until the grace is over."""

    key: KeyId
    text: str
    grace: timedelta = GRACE_DEFAULT


class RevokeKey(msgspec.Struct, frozen=True, kw_only=True):
    key: KeyId


def fresh_text(kind: str) -> str:
    """Return a key's text with 192 bits of randomness, fit for headers, URLs and files."""
    return f"cx_{kind}_{secrets.token_hex(SECRET_BYTES)}"


async def issue_new_key(command: IssueKey, *, asking: Asking, desk: Desk) -> Issued:
    """Issue a key; a request that comes again learns its id but not its text."""
    at = desk.clock.now()
    key = _id_for(asking)
    decision = partial(
        issue_key,
        key=key,
        terms=command.terms,
        secret=secret_of(command.text),
        by=asking.actor,
        at=at,
    )
    outcome = await decided(desk, decision, asking=asking, at=at)
    return _issued(outcome, key, command.text)


async def replace_key(
    command: RotateKey, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Issued:
    """Issue a key in the place of another."""
    at = desk.clock.now()
    key = _id_for(asking)
    decision = partial(
        rotate_key,
        key=command.key,
        successor=key,
        secret=secret_of(command.text),
        grace=command.grace,
        by=asking.actor,
        at=at,
    )
    outcome = await decided(
        desk,
        decision,
        asking=asking,
        at=at,
        part=partial(_changed, command.key),
        expected_version=expected_version,
    )
    return _issued(outcome, key, command.text)


async def revoke_old_key(
    command: RevokeKey, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Stop honouring a key."""
    at = desk.clock.now()
    outcome = await decided(
        desk,
        partial(revoke_key, key=command.key, at=at),
        asking=asking,
        at=at,
        part=partial(_changed, command.key),
        expected_version=expected_version,
    )
    return outcome._replace(id=command.key)


def _id_for(asking: Asking) -> KeyId:
    made = uuid.uuid5(uuid.UUID(asking.command_id), "key")
    return KeyId("k" + made.hex[:ID_CHARACTERS])


def _issued(outcome: Outcome, key: KeyId, text: str) -> Issued:
    keys = {} if outcome.replayed else {key: text}
    return Issued(outcome=outcome._replace(id=key), keys=keys)


def _changed(key: KeyId, books: Open) -> int:
    known = books.keys.get(key)
    return known.version if known else 0
