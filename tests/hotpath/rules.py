"""The rules of a bid request over one offer, written to be read: what the index must equal.

It reads the JSON and the campaign, never the code it is compared with.
"""

from decimal import Decimal
from typing import Any

from hotpath.campaign import HotCampaign, HotOffer
from tests.hotpath.offers import TODAY

JSON = dict[str, Any]
ENDINGS = {"mp4": "video", "mp3": "audio", "jpg": "banner native", "html": "banner"}
MIMES = {"mp4": "video/mp4", "mp3": "audio/mpeg"}
DEVICES = {1: {"mobile", "tablet"}, 2: {"desktop"}, 3: {"ctv"}, 4: {"mobile"}, 5: {"tablet"}}
CHANNELS = {"display": {"banner", "native"}, "video": {"video"}, "audio": {"audio"}}


def suits(campaign: HotCampaign, offer: HotOffer, request: JSON, imp: JSON, currency: str):
    """Whether the offer may be shown in the impression at the currency."""
    media = [medium for medium in ("banner", "video", "native", "audio") if medium in imp]
    return any(
        fills(campaign, offer, imp, medium) and allowed(offer, request, imp[medium])
        for medium in media
    ) and (
        wanted(campaign, request)
        and payable(campaign, offer, imp, currency)
        and (imp.get("secure") != 1 or "http://" not in offer.creative_url + offer.markup)
    )


def fills(campaign: HotCampaign, offer: HotOffer, imp: JSON, medium: str) -> bool:
    ending = "html" if offer.markup else offer.creative_url.rpartition(".")[2]
    channels = [CHANNELS[name] for name in campaign.channels if name in CHANNELS]
    if medium not in ENDINGS[ending] or (channels and medium not in set().union(*channels)):
        return False
    asked = imp[medium]
    if medium == "banner":
        return fits(campaign, offer, asked)
    if medium in {"video", "audio"}:
        if asked.get("mimes") and MIMES[ending] not in asked["mimes"]:
            return False
        if asked.get("protocols") and not {2, 3, 7} & set(asked["protocols"]):
            return False
    if medium == "video" and asked.get("w") and asked.get("h"):
        return offer.w <= asked["w"] and offer.h <= asked["h"]
    return True


def fits(campaign: HotCampaign, offer: HotOffer, banner: JSON) -> bool:
    asked = {(size["w"], size["h"]) for size in banner.get("format", [])}
    if banner.get("w") and banner.get("h"):
        asked.add((banner["w"], banner["h"]))
    wanted_sizes = {tuple(size) for size in campaign.sizes}
    if offer.w:
        own = (offer.w, offer.h)
        return (not asked or own in asked) and (not wanted_sizes or own in wanted_sizes)
    return not asked or not wanted_sizes or bool(asked & wanted_sizes)


def allowed(offer: HotOffer, request: JSON, asked: JSON) -> bool:
    for blocked in request.get("bcat", []):
        if any(cat == blocked or cat.startswith(blocked + "-") for cat in offer.cat):
            return False
    for blocked in request.get("badv", []):
        if any(under(domain, blocked) for domain in offer.adomain):
            return False
    return not set(asked.get("battr", [])) & set(offer.attr)


def wanted(campaign: HotCampaign, request: JSON) -> bool:
    device = request.get("device", {})
    country = device.get("geo", {}).get("country")
    held = {
        segment["id"]
        for data in request.get("user", {}).get("data", [])
        for segment in data["segment"]
    }
    if request.get("regs", {}).get("gdpr") == 1 and not request.get("user", {}).get("consent"):
        held = set()
    seat = campaign.tenant
    return (
        (not campaign.geo or country in campaign.geo)
        and (
            not campaign.devices
            or bool(set(campaign.devices) & DEVICES.get(device.get("devicetype"), set()))
        )
        and at_home(campaign, request)
        and (not campaign.segments or bool(set(campaign.segments) & held))
        and campaign.daily_exhausted_on != TODAY
        and (not request.get("wseat") or seat in request["wseat"])
        and seat not in request.get("bseat", [])
    )


def at_home(campaign: HotCampaign, request: JSON) -> bool:
    site, app = request.get("site"), request.get("app")
    domain = (site or app or {}).get("domain", "")
    bundle = app.get("bundle", "") if app and not site else ""

    def listed(names: list[str]) -> bool:
        return any(under(domain, name) or (bundle and bundle == name) for name in names)

    return not listed(campaign.domains_block) and (
        not campaign.domains_allow or listed(campaign.domains_allow)
    )


def payable(campaign: HotCampaign, offer: HotOffer, imp: JSON, currency: str) -> bool:
    floor = Decimal(str(imp.get("bidfloor", 0)))
    if campaign.currency != currency:
        return False
    if floor <= 0:
        return True
    return imp.get("bidfloorcur", "USD") == currency and (
        Decimal(offer.bid_cpm_micros) >= floor * 1_000_000
    )


def under(domain: str, parent: str) -> bool:
    return bool(parent) and (domain == parent or domain.endswith("." + parent))
