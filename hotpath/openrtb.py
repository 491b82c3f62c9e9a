"""OpenRTB 2.5 and 2.6 bid requests, as far as a decision to bid depends on them.

Source: IAB Tech Lab, OpenRTB 2.5 and 2.6 (section 3.2), OpenRTB Native 1.2 (section 4).
Fields we do not use are not named here and are skipped by the decoder. Null stands for
absent, and numbers may come as strings, because exchanges send both.
"""

import re
from decimal import Decimal
from typing import Annotated

import msgspec

IMPS_MAX = 1_000

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class BadRequest(Exception):
    """The body is no bid request: `pointer` (RFC 6901) says where, the message why."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer or '/'}: {message}")
        self.pointer = pointer
        self.message = message


class _Part(msgspec.Struct, frozen=True, gc=False):
    """A piece of a request: it never forms a cycle, so the collector may ignore it."""


class Size(_Part, frozen=True):
    w: int | None = None
    h: int | None = None


class Banner(_Part, frozen=True):
    format: list[Size] | None = None
    w: int | None = None
    h: int | None = None
    battr: list[int] | None = None
    pos: int | None = None


class Video(_Part, frozen=True):
    mimes: list[str] | None = None
    minduration: int | None = None
    maxduration: int | None = None
    protocols: list[int] | None = None
    w: int | None = None
    h: int | None = None
    battr: list[int] | None = None
    pos: int | None = None


class Audio(_Part, frozen=True):
    mimes: list[str] | None = None
    minduration: int | None = None
    maxduration: int | None = None
    protocols: list[int] | None = None
    battr: list[int] | None = None


class Native(_Part, frozen=True):
    request: str | None = None
    battr: list[int] | None = None


class Imp(_Part, frozen=True):
    id: Id
    banner: Banner | None = None
    video: Video | None = None
    audio: Audio | None = None
    native: Native | None = None
    bidfloor: Decimal | None = None
    bidfloorcur: str | None = None
    secure: int | None = None


class Content(_Part, frozen=True):
    cat: list[str] | None = None
    keywords: str | None = None


class Site(_Part, frozen=True):
    domain: str | None = None
    page: str | None = None
    cat: list[str] | None = None
    sectioncat: list[str] | None = None
    pagecat: list[str] | None = None
    keywords: str | None = None
    content: Content | None = None


class App(_Part, frozen=True):
    bundle: str | None = None
    domain: str | None = None
    cat: list[str] | None = None
    sectioncat: list[str] | None = None
    pagecat: list[str] | None = None
    keywords: str | None = None
    content: Content | None = None


class Geo(_Part, frozen=True):
    country: str | None = None


class Device(_Part, frozen=True):
    ua: str | None = None
    devicetype: int | None = None
    geo: Geo | None = None


class Segment(_Part, frozen=True):
    id: str | None = None


class Audience(_Part, frozen=True):
    """`user.data[]`: segments that a data provider says the user is in."""

    segment: list[Segment] | None = None


class UserExt(_Part, frozen=True):
    consent: str | None = None


class User(_Part, frozen=True):
    data: list[Audience] | None = None
    consent: str | None = None
    geo: Geo | None = None
    ext: UserExt | None = None


class RegsExt(_Part, frozen=True):
    gdpr: int | None = None
    us_privacy: str | None = None


class Regs(_Part, frozen=True):
    coppa: int | None = None
    gdpr: int | None = None
    us_privacy: str | None = None
    ext: RegsExt | None = None


class BidRequest(_Part, frozen=True):
    """The root object, OpenRTB 2.6 section 3.2.1."""

    id: Id
    imp: Annotated[list[Imp], msgspec.Meta(min_length=1)]
    site: Site | None = None
    app: App | None = None
    device: Device | None = None
    user: User | None = None
    regs: Regs | None = None
    test: int | None = None
    at: int | None = None
    tmax: int | None = None
    cur: list[str] | None = None
    bcat: list[str] | None = None
    badv: list[str] | None = None
    wseat: list[str] | None = None
    bseat: list[str] | None = None


class Consent(_Part, frozen=True):
    """What a request says about privacy; `gdpr` and `coppa` are whether they apply."""

    gdpr: bool
    tc_string: str
    us_privacy: str
    coppa: bool

    @property
    def allows_user_data(self) -> bool:
        """Whether what the request says of the person may be used at all.

        No under GDPR without a consent string, no when the person opted out of sale
        (`us_privacy` 1?Y?), no for children.
        """
        opted_out = self.us_privacy[2:3].upper() == "Y"
        return not (self.coppa or opted_out or (self.gdpr and not self.tc_string))


NO_SIGNALS = Consent(gdpr=False, tc_string="", us_privacy="", coppa=False)

_decode = msgspec.json.Decoder(BidRequest, strict=False).decode
_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>[^`]+)`")


def decode(body: bytes) -> BidRequest:
    """Return the request in `body` (JSON, UTF-8), or raise `BadRequest`."""
    try:
        request = _decode(body)
    except msgspec.ValidationError as error:
        raise BadRequest(*_explained(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("", f"the body is not JSON: {error}") from None
    if len(request.imp) > 1:
        _check_imps(request.imp)
    return request


def _check_imps(imps: list[Imp]) -> None:
    if len(imps) > IMPS_MAX:
        raise BadRequest("/imp", f"{len(imps)} impressions; at most {IMPS_MAX} are answered")
    seen: set[str] = set()
    for place, imp in enumerate(imps):
        if imp.id in seen:
            raise BadRequest(f"/imp/{place}/id", f"impression id {imp.id!r} is used twice")
        seen.add(imp.id)


def _explained(error: str) -> tuple[str, str]:
    """Turn msgspec's `... - at `$.imp[0].id`` into a JSON pointer and a message."""
    found = _PATH.search(error)
    path = found["path"] if found else ""
    message = error[: found.start()] if found else error
    pointer = path.replace("[", "/").replace("]", "").replace(".", "/")
    missing = _MISSING.match(message)
    if missing:
        return f"{pointer}/{missing['name']}", "required"
    return pointer, message


def consent_of(request: BidRequest) -> Consent:
    """Read the privacy signals from the 2.6 places, else from the 2.5 ones under `ext`."""
    regs, user = request.regs, request.user
    if regs is None and user is None:
        return NO_SIGNALS
    gdpr = us_privacy = coppa = consent = None
    if regs is not None:
        old = regs.ext or RegsExt()
        gdpr = old.gdpr if regs.gdpr is None else regs.gdpr
        us_privacy = regs.us_privacy or old.us_privacy
        coppa = regs.coppa
    if user is not None:
        consent = user.consent or (user.ext.consent if user.ext else None)
    return Consent(
        gdpr=gdpr == 1, tc_string=consent or "", us_privacy=us_privacy or "", coppa=coppa == 1
    )
