"""What a marketer writes down: the plan that is reviewed, approved and run."""

import hashlib
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from domain.identity import OfferId
from domain.money import Money

Size = tuple[int, int]  # width and height in pixels


class Frozen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that is compared by what it says."""


class BudgetPlan(Frozen, frozen=True, kw_only=True):
    """How much may be spent at all, and on one UTC day."""

    total: Money
    daily: Money | None = None


class Domains(Frozen, frozen=True, kw_only=True):
    """Sites and apps to prefer or avoid; an empty allow list allows all."""

    allow: tuple[str, ...] = ()
    block: tuple[str, ...] = ()


class Targeting(Frozen, frozen=True, kw_only=True):
    """Whom to reach; an empty list leaves that question open."""

    geo: tuple[str, ...] = ()  # ISO 3166-1 alpha-3
    devices: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    domains: Domains = Domains()


class Offer(Frozen, frozen=True, kw_only=True):
    """One thing to show: either its markup or the address of its creative."""

    id: OfferId
    name: str
    landing_url: str
    bid_cpm: Money
    size: Size | None = None
    markup: str | None = None
    creative_url: str | None = None
    adomain: tuple[str, ...] = ()
    cat: tuple[str, ...] = ()
    attr: tuple[int, ...] = ()


class Brief(Frozen, frozen=True, kw_only=True):
    """The whole plan. A draft may lack dates, channels and offers."""

    name: str
    advertiser: str
    budget: BudgetPlan
    channels: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    targeting: Targeting = Targeting()
    offers: tuple[Offer, ...] = ()


class BriefChanges(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """The fields an edit replaces; a field that is left out stays as it was."""

    name: str | UnsetType = UNSET
    advertiser: str | UnsetType = UNSET
    budget: BudgetPlan | UnsetType = UNSET
    channels: tuple[str, ...] | UnsetType = UNSET
    starts_at: datetime | UnsetType | None = UNSET
    ends_at: datetime | UnsetType | None = UNSET
    targeting: Targeting | UnsetType = UNSET
    offers: tuple[Offer, ...] | UnsetType = UNSET


def revised(brief: Brief, changes: BriefChanges) -> Brief:
    """Return the brief with the changed fields replaced whole."""
    changed = {name: value for name, value in asdict(changes).items() if value is not UNSET}
    return replace(brief, **changed)


def in_utc(brief: Brief) -> Brief:
    """Return the brief with its times told in UTC, so that equal plans hash alike."""
    return replace(brief, starts_at=_utc(brief.starts_at), ends_at=_utc(brief.ends_at))


def content_hash(brief: Brief) -> str:
    """Return the hex SHA-256 of the brief's canonical JSON: what an approval binds to."""
    return hashlib.sha256(msgspec.json.encode(brief, order="sorted")).hexdigest()


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None and at.tzinfo is not None else at
