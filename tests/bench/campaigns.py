"""A thousand live campaigns, the same every time: sizes, media and rules as agencies have them."""

import random

from hotpath.campaign import HotCampaign, HotOffer

SIZES = [(300, 250), (728, 90), (320, 50), (160, 600), (300, 600), (970, 250), (468, 60)]
COUNTRIES = ["USA", "DEU", "FRA", "GBR", "RUS", "BRA", "IND", "JPN"]
CATS = [f"IAB{major}-{minor}" for major in range(1, 24) for minor in range(1, 5)]
WORDS = ["sport", "travel", "shoes", "car", "finance", "weather", "game", "news", "music"]


def campaigns(count: int, *, tenant: str, seed: int = 7) -> list[HotCampaign]:
    """Return `count` campaigns of one to four offers each."""
    chosen = random.Random(seed)
    return [_campaign(chosen, tenant, number) for number in range(count)]


def _campaign(chosen: random.Random, tenant: str, number: int) -> HotCampaign:
    advertiser = f"brand{number % 300}.example"
    return HotCampaign(
        tenant=tenant,
        campaign=f"00000000-0000-4000-8000-{number:012d}",
        currency="EUR" if chosen.random() < 0.05 else "USD",
        channels=[],
        starts_at=0,
        ends_at=0,
        geo=chosen.sample(COUNTRIES, 2) if chosen.random() < 0.3 else [],
        devices=["mobile"] if chosen.random() < 0.2 else [],
        segments=["auto"] if chosen.random() < 0.1 else [],
        sizes=[],
        domains_allow=["example.com", "news.example"] if chosen.random() < 0.05 else [],
        domains_block=["blocked.example"] if chosen.random() < 0.2 else [],
        offers=[_offer(chosen, advertiser, place) for place in range(chosen.randint(1, 4))],
        daily_exhausted_on="",
        position=number,
    )


def _offer(chosen: random.Random, advertiser: str, place: int) -> HotOffer:
    kind = chosen.choices(["banner", "video", "audio"], [80, 15, 5])[0]
    w, h = chosen.choice(SIZES) if kind == "banner" else (0, 0)
    ending = {"banner": "jpg", "video": "mp4", "audio": "mp3"}[kind]
    return HotOffer(
        id=f"offer-{place}",
        name=" ".join(chosen.sample(WORDS, 3)),
        w=w,
        h=h,
        markup="",
        creative_url=f"https://cdn.{advertiser}/creative-{place}.{ending}",
        landing_url=f"https://www.{advertiser}/landing?offer={place}",
        adomain=[advertiser],
        cat=chosen.sample(CATS, 2),
        attr=[chosen.randint(1, 17)] if chosen.random() < 0.3 else [],
        bid_cpm_micros=chosen.randint(100, 12_000) * 1_000,
    )
