"""What each person consents to: whole for the API, and compact for the hot path."""

from typing import Protocol, runtime_checkable

import msgspec

from domain.consent import UNASKED, Consent, ConsentEvent, evolve
from domain.consent.extent import extent_of
from domain.consent.state import FullConsent, PartialConsent
from domain.consent.vendors import NOBODY, spelled
from domain.envelope import Recorded
from domain.identity import TenantId
from projections.ports import Address, ViewReader
from projections.projection import Projection, Rows


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A person's consent as the domain sees it."""

    consent: Consent
    version: int
    position: int


class Allowance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that may be done, and nothing of how that is known.

    `purposes` has purpose n in bit n - 1; `vendors` and `barred` (by purpose) are sets as text.
    """

    purposes: int = 0
    named: tuple[str, ...] = ()
    vendors: str = NOBODY
    partners: tuple[str, ...] = ()
    barred: dict[int, str] = {}
    version: int = 0


def fold(holding: Holding | None, event: ConsentEvent, recorded: Recorded) -> Holding:
    """Return the consent after one more event, by the domain's own fold."""
    consent = evolve(holding.consent if holding else UNASKED, event)
    return Holding(consent=consent, version=recorded.version, position=recorded.position)


def allowance(holding: Holding) -> Allowance:
    """Return what a person's consent comes to."""
    consent = holding.consent
    if not isinstance(consent, PartialConsent | FullConsent):
        return Allowance(version=holding.version)
    readings = consent.readings
    extent = extent_of(readings)
    return Allowance(
        purposes=sum(1 << (number - 1) for number in extent.purposes),
        named=tuple(sorted(extent.named)),
        vendors=spelled(extent.vendors),
        partners=tuple(sorted(extent.partners)),
        barred={purpose: spelled(vendors) for purpose, vendors in extent.barred.items() if vendors},
        version=holding.version,
    )


def allowances(tenant: str, key: str, holding: Holding | None) -> Rows:
    """Return the one row that follows."""
    return {} if holding is None else {Address(tenant, key): allowance(holding)}


CONSENT = Projection(name="consent", events=ConsentEvent, memory=Holding, fold=fold)
CONSENT_HOT = Projection(
    name="consent_hot", events=ConsentEvent, memory=Holding, fold=fold, rows=allowances
)

_holding = msgspec.json.Decoder(Holding)


@runtime_checkable
class Consents(Protocol):
    """What may be asked of people's consent."""

    async def of(self, tenant: TenantId, ref: str) -> Holding | None:
        """Return the consent of whoever has this ref; None when they were never asked."""


class StoredConsents:
    """Satisfies `Consents`, from the rows a store keeps."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def of(self, tenant: TenantId, ref: str) -> Holding | None:
        """Return the consent of whoever has this ref."""
        row = await self._reader.row(CONSENT.name, tenant, ref)
        return None if row is None else _holding.decode(row)
