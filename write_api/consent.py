"""Consent over HTTP: what a person chose, that they are being asked, and taking it all back.

A person is addressed by the id the caller has for them, percent-encoded.
"""

from typing import Annotated

import msgspec
from litestar import post, put
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.consent import OfferConsent, RevokeConsent, Taken, offer_consent, revoke_consent
from commands.consent_signals import Offered
from domain.consent.decisions import Weight
from domain.consent.events import CmpStatus
from domain.consent.policies import REGION
from domain.tenant.permissions import Permission
from hotpath.gpp import TEXT_CHARS_MAX
from hotpath.us_privacy import global_privacy_control
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest

TAGS = ["Consent"]
WRITING = Permission.CDP_WRITE
CHOICES_MAX = 256

Text = Annotated[str, msgspec.Meta(max_length=TEXT_CHARS_MAX)]
Word = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
Purpose = Annotated[int, msgspec.Meta(ge=1, le=24)]
Vendor = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
Few = msgspec.Meta(max_length=CHOICES_MAX)


class Choosing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person chose: a string of their consent platform, or purposes and partners.

    `purposes` are TCF numbers, TCF names (`storage`, `limited_ads`, ...), `analytics`,
    `advertising`, `personalization`, `all`, or names of your own; `partners` vendor ids, `dv360`,
    `the_trade_desk`, `amazon_dsp`, `yahoo_dsp`, `meta_ads`, `all`, or names of your own. A list
    names what was agreed to, an object says yes or no of each. `region` (ISO 3166, `DE`, `US-CA`)
    tells the law. `cmp` alone says that the person is being asked.
    """

    tc_string: Text | None = None
    gpp: Text | None = None
    us_privacy: Text | None = None
    gpc: bool = False
    purposes: Annotated[list[Purpose | Word], Few] | Annotated[dict[Word, bool], Few] | None = None
    partners: Annotated[list[Vendor | Word], Few] | Annotated[dict[Word, bool], Few] | None = None
    region: Annotated[str, msgspec.Meta(pattern=f"^{REGION.pattern}$")] | None = None
    cmp: CmpStatus | None = None
    source: Word = "api"


class Revoking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """There is nothing to say."""


class ConsentReceipt(Receipt, frozen=True):
    """`state` is the person's from now on; `recorded` whether this changed the record.

    `reason` says why not: `known_already`, `older_than_known`, `revoked_since`.
    """

    state: str
    recorded: bool
    reason: str | None


class ConsentAnswer(Answer):
    """A receipt that also says what became of the offer."""

    def __init__(self, taken: Taken) -> None:
        super().__init__(taken.outcome, status=200)
        recorded = taken.weight is Weight.NEWER
        receipt = ConsentReceipt(
            taken.outcome.id,
            taken.outcome.version,
            taken.outcome.position,
            taken.state,
            recorded,
            None if recorded else taken.weight,
        )
        self._body = msgspec.json.encode(receipt)
        length = (b"content-length", b"%d" % len(self._body))
        self._headers = [
            length if name == length[0] else (name, value) for name, value in self._headers
        ]


@put(
    "/v1/consent/{subject:str}",
    tags=TAGS,
    opt={"permission": WRITING, "body": Choosing, "answer": ConsentReceipt},
)
async def put_consent(request: AnyRequest, subject: FromPath[str]) -> ASGIApp:
    """Record all that is known of a person's consent; of contradicting signals the stricter wins.

    The same again, or something older than the record, changes nothing. A `Sec-GPC: 1` header
    counts as `gpc`.
    """
    commander = commander_of(request)
    expected = expected_version(request)
    choosing = await read_as(request, Choosing)
    gpc = choosing.gpc or global_privacy_control(request.headers.get("sec-gpc"))
    command = OfferConsent(
        subject=subject,
        offered=offered(choosing, gpc=gpc),
        cmp=choosing.cmp,
        source=choosing.source,
    )
    taken = await offer_consent(
        command,
        asking=asking(request, commander.caller, (choosing, gpc)),
        desk=commander.desk,
        expected_version=expected,
    )
    return ConsentAnswer(taken)


@post(
    "/v1/consent/{subject:str}/revoke",
    status_code=200,
    tags=TAGS,
    opt={"permission": WRITING, "body": Revoking, "answer": ConsentReceipt},
)
async def post_revocation(request: AnyRequest, subject: FromPath[str]) -> ASGIApp:
    """Take all consent back; what was gathered on it is purged."""
    commander = commander_of(request)
    expected = expected_version(request)
    body = await read_as(request, Revoking)
    taken = await revoke_consent(
        RevokeConsent(subject=subject),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
        expected_version=expected,
    )
    return ConsentAnswer(taken)


def offered(choosing: Choosing, *, gpc: bool) -> Offered:
    """Return what was sent, with lists of choices told as yes to each."""
    return Offered(
        tc_string=choosing.tc_string,
        gpp=choosing.gpp,
        us_privacy=choosing.us_privacy,
        gpc=gpc,
        purposes=_choices(choosing.purposes),
        partners=_choices(choosing.partners),
        region=choosing.region,
    )


def _choices(told: list[int | str] | dict[str, bool] | None) -> dict[str, bool] | None:
    if told is None:
        return None
    said = told.items() if isinstance(told, dict) else ((str(name), True) for name in told)
    choices: dict[str, bool] = {}
    for name, yes in sorted(said):
        choices[name.lower()] = choices.get(name.lower(), True) and yes
    return choices
