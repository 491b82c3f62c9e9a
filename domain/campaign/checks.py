"""What is wrong with a brief, field by field, so that all of it can be mended at once."""

import re
from datetime import datetime
from urllib.parse import urlsplit

from domain.campaign.brief import Brief, Domains, Offer, Size, Targeting
from domain.campaign.countries import COUNTRIES
from domain.money import Money
from domain.refusal import FieldError

NAME_CHARACTERS_MAX = 200
ID_CHARACTERS_MAX = 64
URL_CHARACTERS_MAX = 2_048
MARKUP_CHARACTERS_MAX = 65_536
PIXELS_MAX = 16_384
LISTED_MAX = 1_000  # entries of any list in a brief
# What nearly every address looks like; any other is taken apart to be sure.
PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][!-~]*)?")
DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.IGNORECASE)

Errors = list[FieldError]


def errors_in(brief: Brief) -> Errors:
    """Return everything that would be wrong even in a draft.

    The checks append to one list: nearly all of them find nothing, at every draft and edit.
    """
    errors: Errors = []
    _text(errors, "/name", brief.name)
    _text(errors, "/advertiser", brief.advertiser)
    _words(errors, "/channels", brief.channels)
    _times(errors, brief)
    _budget(errors, brief)
    _targeting(errors, brief.targeting)
    _offers(errors, brief)
    return errors


def missing_from(brief: Brief, *, at: datetime) -> list[FieldError]:
    """Return what a reviewer would need and the brief does not yet say."""
    missing = []
    if not brief.offers:
        missing.append(FieldError("/offers", "A campaign needs at least one offer."))
    if brief.ends_at is not None and brief.ends_at <= at:
        missing.append(FieldError("/ends_at", "The end must still be to come."))
    return missing


def _text(
    errors: Errors, pointer: str, text: str, *, characters_max: int = NAME_CHARACTERS_MAX
) -> None:
    if not text or text.isspace():
        errors.append(FieldError(pointer, "This must not be empty."))
    elif len(text) > characters_max:
        errors.append(
            FieldError(pointer, f"This must not be longer than {characters_max} characters.")
        )


def _words(errors: Errors, pointer: str, words: tuple[str, ...]) -> None:
    _bounded(errors, pointer, words)
    for index, word in enumerate(words):
        _text(errors, f"{pointer}/{index}", word)


def _bounded(errors: Errors, pointer: str, entries: tuple[object, ...]) -> None:
    if len(entries) > LISTED_MAX:
        errors.append(FieldError(pointer, f"There must not be more than {LISTED_MAX} entries."))


def _times(errors: Errors, brief: Brief) -> None:
    naive = False
    for pointer, at in (("/starts_at", brief.starts_at), ("/ends_at", brief.ends_at)):
        if at is not None and at.tzinfo is None:
            naive = True
            errors.append(FieldError(pointer, "The time needs an offset, for example a final Z."))
    if naive or brief.starts_at is None or brief.ends_at is None:
        return
    if brief.ends_at <= brief.starts_at:
        errors.append(FieldError("/ends_at", "The end must be after the start."))


def _budget(errors: Errors, brief: Brief) -> None:
    total, daily = brief.budget.total, brief.budget.daily
    _positive(errors, "/budget/total", total)
    if daily is None:
        return
    _positive(errors, "/budget/daily", daily)
    _same_currency(errors, "/budget/daily", daily, total)
    if daily.currency == total.currency and daily.micros > total.micros:
        errors.append(FieldError("/budget/daily", "The daily budget must not exceed the total."))


def _positive(errors: Errors, pointer: str, amount: Money) -> None:
    if amount.micros <= 0:
        errors.append(FieldError(pointer, "The amount must be more than nothing."))


def _same_currency(errors: Errors, pointer: str, amount: Money, total: Money) -> None:
    if amount.currency != total.currency:
        errors.append(
            FieldError(
                f"{pointer}/currency", f"The budget is in {total.currency}, so this must be too."
            )
        )


def _targeting(errors: Errors, targeting: Targeting) -> None:
    _bounded(errors, "/targeting/geo", targeting.geo)
    for index, country in enumerate(targeting.geo):
        if country not in COUNTRIES:
            errors.append(
                FieldError(
                    f"/targeting/geo/{index}",
                    "This is not an ISO 3166-1 alpha-3 country code, for example DEU.",
                )
            )
    _words(errors, "/targeting/devices", targeting.devices)
    _words(errors, "/targeting/segments", targeting.segments)
    _bounded(errors, "/targeting/sizes", targeting.sizes)
    for index, size in enumerate(targeting.sizes):
        _size(errors, f"/targeting/sizes/{index}", size)
    _domains(errors, targeting.domains)


def _domains(errors: Errors, domains: Domains) -> None:
    _hosts(errors, "/targeting/domains/allow", domains.allow)
    _hosts(errors, "/targeting/domains/block", domains.block)


def _hosts(errors: Errors, pointer: str, hosts: tuple[str, ...]) -> None:
    _bounded(errors, pointer, hosts)
    for index, host in enumerate(hosts):
        if not DOMAIN.fullmatch(host):
            errors.append(
                FieldError(
                    f"{pointer}/{index}", "Write the domain alone, for example news.example."
                )
            )


def _size(errors: Errors, pointer: str, size: Size) -> None:
    width, height = size
    if not (0 < width <= PIXELS_MAX and 0 < height <= PIXELS_MAX):
        errors.append(FieldError(pointer, f"Width and height must be 1 to {PIXELS_MAX} pixels."))


def _offers(errors: Errors, brief: Brief) -> None:
    _bounded(errors, "/offers", brief.offers)
    seen: set[str] = set()
    for index, offer in enumerate(brief.offers):
        pointer = f"/offers/{index}"
        if offer.id in seen:
            errors.append(FieldError(f"{pointer}/id", "Another offer already has this id."))
        seen.add(offer.id)
        _offer(errors, pointer, offer, brief.budget.total)


def _offer(errors: Errors, pointer: str, offer: Offer, total: Money) -> None:
    _text(errors, f"{pointer}/id", offer.id, characters_max=ID_CHARACTERS_MAX)
    _text(errors, f"{pointer}/name", offer.name)
    _url(errors, f"{pointer}/landing_url", offer.landing_url)
    _creative(errors, pointer, offer)
    if offer.size is not None:
        _size(errors, f"{pointer}/size", offer.size)
    _hosts(errors, f"{pointer}/adomain", offer.adomain)
    _words(errors, f"{pointer}/cat", offer.cat)
    _bounded(errors, f"{pointer}/attr", offer.attr)
    _positive(errors, f"{pointer}/bid_cpm", offer.bid_cpm)
    _same_currency(errors, f"{pointer}/bid_cpm", offer.bid_cpm, total)


def _creative(errors: Errors, pointer: str, offer: Offer) -> None:
    if offer.markup is not None and offer.creative_url is not None:
        errors.append(
            FieldError(pointer, "An offer has either markup or a creative_url, not both.")
        )
    elif offer.markup is not None:
        _text(errors, f"{pointer}/markup", offer.markup, characters_max=MARKUP_CHARACTERS_MAX)
    elif offer.creative_url is not None:
        _url(errors, f"{pointer}/creative_url", offer.creative_url)
    else:
        errors.append(FieldError(pointer, "An offer needs markup or a creative_url."))


def _url(errors: Errors, pointer: str, url: str) -> None:
    if len(url) > URL_CHARACTERS_MAX or not _is_web_address(url):
        errors.append(FieldError(pointer, "This must be a full http or https address."))


def _is_web_address(url: str) -> bool:
    if PLAIN_ADDRESS.fullmatch(url):
        return True
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)
