"""The markup of a bid: banner HTML, VAST, native JSON, ready but for the bid's token.

A template is made once for an offer and a slot and kept; a bid only puts its token in.
Sources: IAB VAST 3.0 and 4.x (`InLine`, `Linear`, `MediaFile`), OpenRTB 2.6 sections 3.2.4
(`adm`) and 4.4 (substitution macros), AdCOM's list of creative markup types for `mtype`.
"""

import html
import re
from typing import NamedTuple
from xml.sax.saxutils import escape

import msgspec

from hotpath import native
from hotpath.campaign import HotCampaign, HotOffer
from hotpath.index import Row
from hotpath.index_media import AUDIO, PROTOCOLS_WRITTEN
from hotpath.native import Ask

# Where the token goes: letters that HTML, XML and JSON leave as they are, at any depth.
TOKEN = "cxTOKEN7c0f2f7e5dc04b1d"  # noqa: S105 - a place, not a secret
CLICK_MACRO = "${CLICK_URL}"
DURATION_S_ASSUMED = 30

_encode = msgspec.json.encode
_LINKED = re.compile(r"<(?:a|script|iframe)\b", re.IGNORECASE)


class NoticeUrls(NamedTuple):
    """Where a bid reports to; each but a test's click has the token's place in it."""

    win: str
    bill: str
    loss: str
    click: str
    impression: str


class Slot(msgspec.Struct, frozen=True, gc=False):
    """What of an impression shapes the markup: kept small, since templates are kept by it."""

    medium: str
    mtype: int
    w: int = 0
    h: int = 0
    protocol: int = 0
    duration_s: int = 0
    ask: str = ""


class Template(NamedTuple):
    """A bid object's bytes from `price` on, cut where the token goes."""

    pieces: list[bytes]

    def with_token(self, token: bytes) -> bytes:
        return token.join(self.pieces)


def live_urls(hot_url: str) -> NoticeUrls:
    """Return the notice URLs below `hot_url`, with the exchange's macros left to it."""

    def at(kind: str, more: str = "") -> str:
        return f"{hot_url}/v1/n/{kind}?b={TOKEN}{more}"

    price = "&p=${AUCTION_PRICE}"
    return NoticeUrls(
        win=at("win", price),
        bill=at("bill", price),
        loss=at("loss", price + "&r=${AUCTION_LOSS}"),
        click=at("click"),
        impression=at("imp", price),
    )


def uncounted_urls(offer: HotOffer) -> NoticeUrls:
    """Return what a test request gets: nothing that could be counted or billed."""
    return NoticeUrls(win="", bill="", loss="", click=offer.landing_url, impression="")


def template(row: Row, slot: Slot, urls: NoticeUrls) -> Template:
    """Return the bid object for an offer in a slot, all but its id, impid and token."""
    offer, campaign = row.offer, row.campaign
    bid = {
        "price": msgspec.Raw(price_text(offer.bid_cpm_micros)),
        "adid": offer.id,
        "adm": _markup(row, slot, urls),
        "adomain": list(row.adomain),
        "cat": offer.cat,
        "attr": offer.attr,
        "crid": offer.id,
        "cid": campaign.campaign,
        "mtype": slot.mtype,
    }
    if urls.bill:
        bid |= {"nurl": urls.win, "burl": urls.bill, "lurl": urls.loss}
    if slot.w and slot.h:
        bid |= {"w": slot.w, "h": slot.h}
    said = {name: value for name, value in bid.items() if value not in ([], "")}
    return Template(_encode(said)[1:].split(TOKEN.encode()))


def price_text(cpm_micros: int) -> bytes:
    """Return micros as a decimal number of currency units, exactly."""
    units, rest = divmod(cpm_micros, 1_000_000)
    return f"{units}.{rest:06d}".rstrip("0").rstrip(".").encode()


def _markup(row: Row, slot: Slot, urls: NoticeUrls) -> str:
    match slot.medium:
        case "banner":
            return _banner(row, slot, urls)
        case "native":
            return _native(row, slot, urls)
        case _ if row.creative.is_vast:
            return _tracked_vast(row.offer.markup, urls)
        case _:
            return _vast(row.offer, row.campaign, slot, row, urls)


def _native(row: Row, slot: Slot, urls: NoticeUrls) -> str:
    ask: Ask | None = native.ask_of(slot.ask)
    if ask is None:
        raise ValueError("the native request cannot be served")
    sponsor = row.adomain[0] if row.adomain else ""
    return native.markup(
        ask, row.offer, sponsor=sponsor, click=urls.click, impression=urls.impression
    )


def _banner(row: Row, slot: Slot, urls: NoticeUrls) -> str:
    click = html.escape(urls.click)
    body = _banner_body(row, slot, click)
    if not urls.impression:
        return body
    pixel = html.escape(urls.impression)
    return f'{body}<img src="{pixel}" width="1" height="1" alt="" style="position:absolute">'


def _banner_body(row: Row, slot: Slot, click: str) -> str:
    offer, given = row.offer, row.offer.markup
    if given:
        if CLICK_MACRO in given:
            return given.replace(CLICK_MACRO, click)
        return given if _LINKED.search(given) else _link(click, given)
    source = html.escape(offer.creative_url)
    sides = f' width="{slot.w}" height="{slot.h}"' if slot.w and slot.h else ""
    if row.creative.is_page:
        return f'<iframe src="{source}"{sides} style="border:0" scrolling="no"></iframe>'
    return _link(click, f'<img src="{source}"{sides} alt="{html.escape(offer.name)}">')


def _link(click: str, inner: str) -> str:
    return f'<a href="{click}" target="_blank" rel="noopener">{inner}</a>'


def _vast(offer: HotOffer, campaign: HotCampaign, slot: Slot, row: Row, urls: NoticeUrls) -> str:
    """Write VAST around a media file, in the newest version that the player takes."""
    version = PROTOCOLS_WRITTEN.get(slot.protocol, "3.0")
    ident = escape(f"{campaign.campaign}.{offer.id}", {'"': "&quot;"})
    sides = _player_sides(slot, offer)
    seconds = row.creative.duration_s or slot.duration_s or DURATION_S_ASSUMED
    # 4.x asks for a universal ad id, and 4.1 and later name the kind of ad.
    universal = '<UniversalAdId idRegistry="unknown">unknown</UniversalAdId>'
    creative = f'<Creative id="{ident}">{universal if version >= "4" else ""}'
    kind = ' adType="audio"' if version >= "4.1" and slot.medium == AUDIO else ""
    impression = _tag("Impression", urls.impression)
    return (
        f'<VAST version="{version}"><Ad id="{ident}"{kind}><InLine>'
        f"<AdSystem>Campaign Express</AdSystem><AdTitle>{escape(offer.name)}</AdTitle>"
        f"{impression}<Creatives>{creative}"
        f"<Linear><Duration>{_clock(seconds)}</Duration><MediaFiles>"
        f'<MediaFile delivery="progressive" type="{escape(row.creative.mime)}"{sides}>'
        f"{_cdata(offer.creative_url)}</MediaFile></MediaFiles>"
        f"<VideoClicks>{_tag('ClickThrough', urls.click)}</VideoClicks>"
        "</Linear></Creative></Creatives></InLine></Ad></VAST>"
    )


def _player_sides(slot: Slot, offer: HotOffer) -> str:
    if slot.medium == AUDIO:
        return ' width="0" height="0"'
    return f' width="{offer.w or slot.w}" height="{offer.h or slot.h}"'


def _tracked_vast(markup: str, urls: NoticeUrls) -> str:
    """Add our impression and click tracking to a marketer's own VAST."""
    if not urls.impression:
        return markup
    impression = _tag("Impression", urls.impression)
    tracked = markup.replace("<Creatives>", f"{impression}<Creatives>", 1)
    clicked = _tag("ClickTracking", urls.click)
    return tracked.replace("</VideoClicks>", f"{clicked}</VideoClicks>")


def _tag(name: str, url: str) -> str:
    return f"<{name}>{_cdata(url)}</{name}>" if url else ""


def _cdata(url: str) -> str:
    # The end mark must not occur inside; in a URL its escaped form means the same.
    return f"<![CDATA[{url.replace(']]>', ']]%3E')}]]>"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
