"""Consent strings as they come in, decoded into what the policies read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

import msgspec

from domain.consent.choices import choices
from domain.consent.policies import American, Canadian, Signals
from domain.consent.purposes import EVERY
from domain.consent.reading import Reading, Signal
from domain.consent.refusals import ConsentStringBroken
from domain.consent.vendors import NOBODY, among, text_of, union
from domain.refusal import FieldError
from hotpath.consent_string import WHY, BrokenConsent
from hotpath.gpp import Gpp, gpp
from hotpath.tcf import CONSENT, DISCLOSED, Restriction, TcString
from hotpath.tcf_ca import TcfCa, TcfCaCore
from hotpath.us_privacy import UsPrivacy, us_privacy
from hotpath.us_sections import UsSection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PURPOSES_MAX, FEATURES_MAX = len(EVERY), 2  # what has no meaning yet cannot be agreed to
POLICY_2_2, POLICY_2_3 = 4, 5
NOT_ALLOWED, REQUIRE_EXPRESS, REQUIRE_OTHER = range(3)
OPTED_OUT, COULD_HAVE = 1, 2
OPT_OUTS = ("sale_opt_out", "sharing_opt_out", "targeted_advertising_opt_out")
NOTICES = (
    "sale_opt_out_notice",
    "sharing_opt_out_notice",
    "targeted_advertising_opt_out_notice",
    "sharing_notice",
    "processing_notice",
)
CONSENTS = (
    "known_child_sensitive_data_consents",
    "personal_data_consents",
    "additional_data_processing_consent",
)
NO_CONSENT, NOT_GIVEN = 1, 2

T = TypeVar("T")


class Offered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that was sent about a person's consent, as evidence keeps it."""

    tc_string: str | None = None
    gpp: str | None = None
    us_privacy: str | None = None
    gpc: bool = False
    purposes: dict[str, bool] | None = None
    partners: dict[str, bool] | None = None
    region: str | None = None

    @property
    def has_choices(self) -> bool:
        return self.purposes is not None or self.partners is not None


class Made(NamedTuple):
    """Where a string of TCF comes from, and when the person last chose."""

    said_at: datetime
    tcf_policy: int
    vendor_list: int
    cmp_id: int
    cmp_version: int


class Heard(NamedTuple):
    """All that was understood; `made` is of the newest TCF string there was."""

    signals: Signals
    made: Made | None


def heard(offered: Offered) -> Heard:
    """Return what the strings and choices say; a broken one refuses the whole."""
    alone = _decoded("/tc_string", TcString, offered.tc_string)
    platform = _decoded("/gpp", gpp, offered.gpp) or Gpp(None, None, None, (), ())
    american = _decoded("/us_privacy", us_privacy, offered.us_privacy)
    europe = [
        _european(signal, pointer, string)
        for signal, pointer, string in (
            (Signal.TC_STRING, "/tc_string", alone),
            (Signal.GPP_EUROPE, "/gpp", platform.tcf_eu),
        )
        if string is not None
    ]
    signals = Signals(
        europe=tuple(europe),
        canada=None if platform.tcf_ca is None else _canadian(platform.tcf_ca),
        america=tuple(_americans(american, platform)),
        gpc=offered.gpc,
        choices=choices(offered.purposes or {}, offered.partners or {})
        if offered.has_choices
        else None,
    )
    made = [_made(string) for string in (alone, platform.tcf_eu) if string is not None]
    made += [] if platform.tcf_ca is None else [_made(platform.tcf_ca.core)]
    return Heard(signals, max(made, default=None))


def _decoded(pointer: str, decode: Callable[[str], T], text: str | None) -> T | None:
    if text is None:
        return None
    try:
        return decode(text)
    except BrokenConsent as broken:
        raise _refused(pointer, broken.reason, WHY[broken.reason]) from None


def _refused(pointer: str, reason: str, why: str) -> ConsentStringBroken:
    return ConsentStringBroken(FieldError(pointer, f"It is not valid: {why}."), reason=reason)


def _european(signal: Signal, pointer: str, string: TcString) -> Reading:
    disclosed = string.vendors(DISCLOSED)
    if disclosed is None and string.policy_version >= POLICY_2_3:
        why = "it does not tell which vendors were disclosed, as TCF 2.3 demands"
        raise _refused(pointer, "disclosed_vendors_missing", why)
    if not string.is_service_specific and string.policy_version >= POLICY_2_2:
        raise _refused(pointer, "global_scope", "it is for all sites, which TCF no longer knows")
    vendors = text_of(string.vendors(CONSENT) or ())
    return Reading(
        signal=signal,
        opts_in=True,
        purposes=_members(string.purpose_consents, PURPOSES_MAX),
        special_features=_members(string.special_features, FEATURES_MAX),
        vendors=vendors if disclosed is None else among(vendors, text_of(disclosed)),
        barred=_barred(string.restrictions(), {NOT_ALLOWED, REQUIRE_OTHER}),
    )


def _canadian(section: TcfCa) -> Canadian:
    core = section.core
    express, implied = text_of(core.vendor_express), text_of(core.vendor_implied)
    if section.disclosed is not None:
        disclosed = text_of(section.disclosed)
        express, implied = among(express, disclosed), among(implied, disclosed)
    return Canadian(
        express=frozenset(_members(core.purpose_express, PURPOSES_MAX)),
        implied=frozenset(_members(core.purpose_implied, PURPOSES_MAX)),
        vendors_express=express,
        vendors_implied=implied,
        special_features=_members(core.special_features, FEATURES_MAX),
        barred=_barred(core.restrictions, {NOT_ALLOWED, REQUIRE_OTHER}),
        barred_implied=_barred(core.restrictions, {REQUIRE_EXPRESS}),
    )


def _americans(string: UsPrivacy | None, platform: Gpp) -> Iterable[American]:
    for signal, said in ((Signal.US_PRIVACY, string), (Signal.GPP_US, platform.us_privacy)):
        if said is not None:
            opted_out = said.opted_out == "Y" or said.notice == "N"
            yield American(signal, opted_out=opted_out, could_have=said.opted_out == "N")
    for section in platform.us:
        yield _section(section)


def _section(section: UsSection) -> American:
    """Return what a section says; a notice not given is as good as an opt-out."""
    opt_outs = _values(section.fields, OPT_OUTS)
    opted_out = (
        OPTED_OUT in opt_outs
        or NOT_GIVEN in _values(section.fields, NOTICES)
        or NO_CONSENT in _values(section.fields, CONSENTS)
        or section.gpc is True
    )
    return American(Signal.GPP_US, opted_out=opted_out, could_have=COULD_HAVE in opt_outs)


def _values(fields: Mapping[str, tuple[int, ...]], names: Sequence[str]) -> set[int]:
    return {value for name in names for value in fields.get(name, ())}


def _members(number: int, count: int) -> tuple[int, ...]:
    return tuple(member for member in range(1, count + 1) if number >> (member - 1) & 1)


def _barred(restrictions: Iterable[Restriction], kinds: set[int]) -> dict[int, str]:
    barred: dict[int, str] = {}
    for restriction in restrictions:
        if restriction.kind in kinds:
            before = barred.get(restriction.purpose, NOBODY)
            barred[restriction.purpose] = union(before, text_of(restriction.vendors))
    return barred


def _made(string: TcString | TcfCaCore) -> Made:
    return Made(
        EPOCH + timedelta(milliseconds=100 * string.last_updated_ds),
        string.policy_version,
        string.vendor_list_version,
        string.cmp_id,
        string.cmp_version,
    )
