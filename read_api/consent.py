"""What a person consents to, what that rests on, and how it came about."""

from datetime import datetime
from typing import Annotated, Any, Protocol, runtime_checkable

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter

from domain.consent import UNASKED, Checking, Consent, ConsentEvent, Evidence, allows, name_of
from domain.consent.events import ConsentCheckStarted, ConsentRevoked
from domain.consent.extent import extent_of
from domain.consent.purposes import EVERY, GROUPS
from domain.consent.reading import Reading
from domain.consent.state import NoConsent, resting_on, standing
from domain.consent.vendors import OURS, spelled
from domain.envelope import Recorded
from domain.identity import TenantId
from domain.privacy.naming import require_subject
from domain.tenant.permissions import Permission
from migrations.events import EventDecoder
from projections.access import Holder
from projections.consent import CONSENT, Consents, Holding
from projections.views import Positions
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, Token, bad_cursor, caught_up
from read_api.ports import AuditTrail, Named, Subjects

TAGS = ["Consent"]
READING = {"permission": Permission.CDP_READ}
VERSION_DIGITS_MAX = 18
EVENTS: EventDecoder[ConsentEvent] = EventDecoder(ConsentEvent)
NOTHING = Holding(consent=UNASKED, version=0, position=0)

Word = Annotated[
    str | None, QueryParameter(max_length=64, description="Asked with both: is it allowed?")
]


@runtime_checkable
class Sealed(Subjects, Protocol):
    """Who people are, and what was sealed for them."""

    async def opened(self, subject: Any, sealed: str) -> str | None:  # noqa: ANN401 - who `known` returned
        """Return what was sealed, None once the key is destroyed."""


class ShownEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What consent rests on; `sent` is what was sent, null once the person was erased."""

    source: str
    law: str
    region: str | None
    received_at: datetime
    said_at: datetime | None
    tcf_policy: int | None
    vendor_list: int | None
    cmp_id: int | None
    cmp_version: int | None
    sent: dict[str, Any] | None


class ConsentVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed.

    `purposes` are by TCF number, group, or a name of your own, and for yourselves; `partners`
    lists what each of them may use, `vendors` all that may use any (`1-3,7`; `*` is everyone).
    """

    purposes: dict[str, bool]
    special_features: list[int]
    partners: dict[str, list[str]]
    vendors: str


class ShownConsent(ConsentVerdict, frozen=True, kw_only=True):
    """A person's consent; `state` is no_consent, checking, partial_consent or full_consent.

    `allowed` answers the query's `purpose` and `partner`. `signals` is what each signal said,
    the stricter winning. `ref` names the person in streams of the audit trail: `consent-<ref>`.
    """

    subject: str
    ref: str | None
    state: str
    allowed: bool | None
    signals: list[Reading]
    evidence: ShownEvidence | None
    checking_since: datetime | None
    revoked_at: datetime | None
    version: int
    position: int


class ConsentHappening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the history; `state` is what it led to, where it tells.

    `kind` is check_started, given, confirmed, withdrawn, denied or revoked.
    """

    version: int
    kind: str
    at: datetime
    actor: str
    state: str | None = None
    verdict: ConsentVerdict | None = None
    evidence: ShownEvidence | None = None


@get("/v1/consent/{subject:str}", tags=TAGS, opt=READING)
async def consent_of(
    *,
    subject: FromPath[str],
    caller: Given[Holder],
    keys: Given[Sealed],
    consents: Given[Consents],
    positions: Given[Positions],
    purpose: Word = None,
    partner: Word = None,
    token: Token = None,
) -> Response[ShownConsent]:
    """Read what a person consents to; of whom nothing is known, nothing is allowed."""
    require_subject(subject)
    headers = await caught_up(positions, CONSENT.name, token)
    tenant = TenantId(caller.tenant)
    known = await keys.known(tenant, subject)
    holding = NOTHING if known is None else await consents.of(tenant, known.ref) or NOTHING
    consent = holding.consent
    evidence = resting_on(consent)
    before = consent.before if isinstance(consent, Checking) else consent
    shown = ShownConsent(
        subject=subject,
        ref=None if known is None else known.ref,
        state=name_of(consent),
        allowed=None if purpose is None else allows(consent, purpose.lower(), _lower(partner)),
        **msgspec.structs.asdict(verdict(consent)),
        signals=[] if isinstance(consent, Checking) else list(consent.readings),
        evidence=await _evidence(keys, known, evidence),
        checking_since=consent.since if isinstance(consent, Checking) else None,
        revoked_at=before.revoked.at if isinstance(before, NoConsent) and before.revoked else None,
        version=holding.version,
        position=holding.position,
    )
    headers["ETag"] = f'"{holding.version}"'
    return Response(shown, headers=headers)


@get("/v1/consent/{subject:str}/history", tags=TAGS, opt=READING)
async def consent_history(
    *,
    subject: FromPath[str],
    caller: Given[Holder],
    keys: Given[Sealed],
    consents: Given[Consents],
    trail: Given[AuditTrail],
    positions: Given[Positions],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[ConsentHappening]]:
    """List what happened to a person's consent, newest first, each with its evidence."""
    require_subject(subject)
    headers = await caught_up(positions, CONSENT.name, token)
    tenant, before = TenantId(caller.tenant), _number(cursor)
    known = await keys.known(tenant, subject)
    if known is None:
        return Response(Listed([], None), headers=headers)
    newest = (await consents.of(tenant, known.ref) or NOTHING).version
    last = newest if before is None else min(before - 1, newest)
    first = max(0, last - limit)
    recorded = await trail.events(
        tenant, f"consent-{known.ref}", after=first, limit=max(0, last - first)
    )
    items = [await _happening(keys, known, event) for event in reversed(recorded)]
    return Response(Listed(items, str(first + 1) if first else None), headers=headers)


def verdict(consent: Consent) -> ConsentVerdict:
    """Return all that is allowed."""
    readings = () if isinstance(consent, NoConsent | Checking) else consent.readings
    extent = extent_of(readings)
    purposes = [*map(str, EVERY), *GROUPS, *sorted(extent.named)]
    nothing = extent.is_nothing()
    return ConsentVerdict(
        purposes={purpose: allows(consent, purpose) for purpose in purposes},
        special_features=[] if nothing else sorted(extent.special_features),
        partners={
            partner: [purpose for purpose in purposes if allows(consent, purpose, partner)]
            for partner in sorted({*OURS, *extent.partners})
        },
        vendors="" if nothing else spelled(extent.vendors),
    )


async def _happening(keys: Sealed, known: Named, recorded: Recorded) -> ConsentHappening:
    event: ConsentEvent = EVENTS.decode(recorded.data)
    line = ConsentHappening(
        version=recorded.version,
        kind=recorded.kind.split(".")[1],
        at=recorded.recorded_at,
        actor=recorded.actor,
    )
    if isinstance(event, ConsentCheckStarted | ConsentRevoked):
        return line
    led_to = standing(event.readings, event.evidence)
    return msgspec.structs.replace(
        line,
        state=name_of(led_to),
        verdict=verdict(led_to),
        evidence=await _evidence(keys, known, event.evidence),
    )


async def _evidence(
    keys: Sealed, known: Named | None, evidence: Evidence | None
) -> ShownEvidence | None:
    if evidence is None:
        return None
    opened = await keys.opened(known, evidence.sealed)
    return ShownEvidence(
        source=evidence.source,
        law=evidence.law,
        region=evidence.region,
        received_at=evidence.received_at,
        said_at=evidence.said_at,
        tcf_policy=evidence.tcf_policy,
        vendor_list=evidence.vendor_list,
        cmp_id=evidence.cmp_id,
        cmp_version=evidence.cmp_version,
        sent=None if opened is None else msgspec.json.decode(opened),
    )


def _lower(word: str | None) -> str | None:
    return None if word is None else word.lower()


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= VERSION_DIGITS_MAX):
        raise bad_cursor()
    return int(cursor)
