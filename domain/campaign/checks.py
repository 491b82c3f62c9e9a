"""What is wrong with a brief, field by field, so that all of it can be mended at once."""

import re
from collections.abc import Iterator
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
DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.IGNORECASE)

Errors = Iterator[FieldError]


def errors_in(brief: Brief) -> list[FieldError]:
    """Return everything that would be wrong even in a draft."""
    return [
        *_text("/name", brief.name),
        *_text("/advertiser", brief.advertiser),
        *_words("/channels", brief.channels),
        *_times(brief),
        *_budget(brief),
        *_targeting(brief.targeting),
        *_offers(brief),
    ]


def missing_from(brief: Brief, *, at: datetime) -> list[FieldError]:
    """Return what a reviewer would need and the brief does not yet say."""
    missing = []
    if not brief.offers:
        missing.append(FieldError("/offers", "A campaign needs at least one offer."))
    if brief.ends_at is not None and brief.ends_at <= at:
        missing.append(FieldError("/ends_at", "The end must still be to come."))
    return missing


def _text(pointer: str, text: str, *, characters_max: int = NAME_CHARACTERS_MAX) -> Errors:
    if not text.strip():
        yield FieldError(pointer, "This must not be empty.")
    elif len(text) > characters_max:
        yield FieldError(pointer, f"This must not be longer than {characters_max} characters.")


def _words(pointer: str, words: tuple[str, ...]) -> Errors:
    yield from _bounded(pointer, words)
    for index, word in enumerate(words):
        yield from _text(f"{pointer}/{index}", word)


def _bounded(pointer: str, entries: tuple[object, ...]) -> Errors:
    if len(entries) > LISTED_MAX:
        yield FieldError(pointer, f"There must not be more than {LISTED_MAX} entries.")


def _times(brief: Brief) -> Errors:
    naive = False
    for pointer, at in (("/starts_at", brief.starts_at), ("/ends_at", brief.ends_at)):
        if at is not None and at.tzinfo is None:
            naive = True
            yield FieldError(pointer, "The time needs an offset, for example a final Z.")
    if naive or brief.starts_at is None or brief.ends_at is None:
        return
    if brief.ends_at <= brief.starts_at:
        yield FieldError("/ends_at", "The end must be after the start.")


def _budget(brief: Brief) -> Errors:
    total, daily = brief.budget.total, brief.budget.daily
    yield from _positive("/budget/total", total)
    if daily is None:
        return
    yield from _positive("/budget/daily", daily)
    yield from _same_currency("/budget/daily", daily, total)
    if daily.currency == total.currency and daily.micros > total.micros:
        yield FieldError("/budget/daily", "The daily budget must not exceed the total.")


def _positive(pointer: str, amount: Money) -> Errors:
    if amount.micros <= 0:
        yield FieldError(pointer, "The amount must be more than nothing.")


def _same_currency(pointer: str, amount: Money, total: Money) -> Errors:
    if amount.currency != total.currency:
        yield FieldError(
            f"{pointer}/currency", f"The budget is in {total.currency}, so this must be too."
        )


def _targeting(targeting: Targeting) -> Errors:
    yield from _bounded("/targeting/geo", targeting.geo)
    for index, country in enumerate(targeting.geo):
        if country not in COUNTRIES:
            yield FieldError(
                f"/targeting/geo/{index}",
                "This is not an ISO 3166-1 alpha-3 country code, for example DEU.",
            )
    yield from _words("/targeting/devices", targeting.devices)
    yield from _words("/targeting/segments", targeting.segments)
    yield from _bounded("/targeting/sizes", targeting.sizes)
    for index, size in enumerate(targeting.sizes):
        yield from _size(f"/targeting/sizes/{index}", size)
    yield from _domains(targeting.domains)


def _domains(domains: Domains) -> Errors:
    yield from _hosts("/targeting/domains/allow", domains.allow)
    yield from _hosts("/targeting/domains/block", domains.block)


def _hosts(pointer: str, hosts: tuple[str, ...]) -> Errors:
    yield from _bounded(pointer, hosts)
    for index, host in enumerate(hosts):
        if not DOMAIN.fullmatch(host):
            yield FieldError(
                f"{pointer}/{index}", "Write the domain alone, for example news.example."
            )


def _size(pointer: str, size: Size) -> Errors:
    if not all(0 < side <= PIXELS_MAX for side in size):
        yield FieldError(pointer, f"Width and height must be 1 to {PIXELS_MAX} pixels.")


def _offers(brief: Brief) -> Errors:
    yield from _bounded("/offers", brief.offers)
    seen: set[str] = set()
    for index, offer in enumerate(brief.offers):
        pointer = f"/offers/{index}"
        if offer.id in seen:
            yield FieldError(f"{pointer}/id", "Another offer already has this id.")
        seen.add(offer.id)
        yield from _offer(pointer, offer, brief.budget.total)


def _offer(pointer: str, offer: Offer, total: Money) -> Errors:
    yield from _text(f"{pointer}/id", offer.id, characters_max=ID_CHARACTERS_MAX)
    yield from _text(f"{pointer}/name", offer.name)
    yield from _url(f"{pointer}/landing_url", offer.landing_url)
    yield from _creative(pointer, offer)
    if offer.size is not None:
        yield from _size(f"{pointer}/size", offer.size)
    yield from _hosts(f"{pointer}/adomain", offer.adomain)
    yield from _words(f"{pointer}/cat", offer.cat)
    yield from _bounded(f"{pointer}/attr", offer.attr)
    yield from _positive(f"{pointer}/bid_cpm", offer.bid_cpm)
    yield from _same_currency(f"{pointer}/bid_cpm", offer.bid_cpm, total)


def _creative(pointer: str, offer: Offer) -> Errors:
    if offer.markup is not None and offer.creative_url is not None:
        yield FieldError(pointer, "An offer has either markup or a creative_url, not both.")
    elif offer.markup is not None:
        yield from _text(f"{pointer}/markup", offer.markup, characters_max=MARKUP_CHARACTERS_MAX)
    elif offer.creative_url is not None:
        yield from _url(f"{pointer}/creative_url", offer.creative_url)
    else:
        yield FieldError(pointer, "An offer needs markup or a creative_url.")


def _url(pointer: str, url: str) -> Errors:
    if len(url) > URL_CHARACTERS_MAX or not _is_web_address(url):
        yield FieldError(pointer, "This must be a full http or https address.")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)
