"""One telling example for each body and answer of the API's document."""

from typing import Any

from commands.transact import KeyReused
from domain.budget.pacing import Curve
from domain.campaign import Brief, BriefChanges
from read_api.metrics import Rates
from read_api.whoami import Self
from write_api.advertisers import AdvertiserBody
from write_api.budget import Committing, Correction, Refund, Reserving
from write_api.campaign import ScheduleStep, Step
from write_api.commanding import Receipt
from write_api.keys import NewKey
from write_api.people import NewPerson
from write_api.problems import Problem, sentence_of
from write_api.roles import RoleBody
from write_api.shared_budget import SharedBudgetBody

CAMPAIGN = "0f0e2b2e-5f0a-5f53-9d5c-4a1f0f6b7a11"
USD = "USD"

BRIEF: dict[str, Any] = {
    "name": "Spring sale",
    "advertiser": "Shop",
    "channels": ["display"],
    "starts_at": "2026-03-01T00:00:00Z",
    "ends_at": "2026-03-31T22:00:00Z",
    "budget": {
        "total": {"micros": 5_000_000_000, "currency": USD},
        "daily": {"micros": 250_000_000, "currency": USD},
    },
    "targeting": {
        "geo": ["DEU", "AUT"],
        "devices": ["mobile"],
        "sizes": [[300, 250]],
        "domains": {"allow": [], "block": ["games.example"]},
    },
    "offers": [
        {
            "id": "hero",
            "name": "Hero banner",
            "size": [300, 250],
            "creative_url": "https://cdn.example/hero.png",
            "landing_url": "https://shop.example/spring",
            "adomain": ["shop.example"],
            "cat": ["IAB22"],
            "attr": [],
            "bid_cpm": {"micros": 2_500_000, "currency": USD},
        }
    ],
}

EXAMPLES: dict[Any, Any] = {
    Brief: BRIEF,
    BriefChanges: {"name": "Summer sale"},
    Step: {"comment": "Looks good"},
    ScheduleStep: {"comment": "For Monday", "at": "2026-03-02T06:00:00Z"},
    Refund: {
        "amount": {"micros": 12_500_000, "currency": USD},
        "reason": "Invalid traffic in May",
        "reference": "credit-note-17",
    },
    Correction: {
        "amount": {"micros": -2_000_000, "currency": USD},
        "on": "2026-03-02",
        "reason": "Counted twice by the exchange",
        "reference": "ticket-4711",
    },
    Reserving: {
        "reservation": "email-batch-9",
        "amount": {"micros": 40_000_000, "currency": USD},
        "expires_at": "2026-03-02T09:15:00Z",
    },
    Committing: {"amount": {"micros": 37_250_000, "currency": USD}},
    Curve: {"shape": "hour_profile", "hours": [0] * 7 + [1, 2, 3, 3] + [2] * 8 + [3, 3, 2, 1, 0]},
    SharedBudgetBody: {
        "advertiser": "shop",
        "total": {"micros": 20_000_000_000, "currency": USD},
        "daily": {"micros": 800_000_000, "currency": USD},
        "time_zone": "Europe/Berlin",
        "campaigns": [CAMPAIGN],
    },
    Receipt: {"id": CAMPAIGN, "version": 3, "position": 1742},
    Self: {
        "tenant": "agency",
        "person": "ana",
        "roles": ["marketer"],
        "permissions": ["campaign:read", "campaign:write"],
        "key": "k5b0d2a9c1e7f4d36",
        "scopes": ["campaign:read", "campaign:write"],
        "expires_at": "2027-03-02T00:00:00Z",
        "rate_per_minute": 600,
    },
    NewPerson: {"name": "Ada Example", "email": "ada@agency.example", "roles": ["marketer"]},
    NewKey: {
        "label": "Reports",
        "scopes": ["analytics:read", "campaign:read"],
        "expires_at": "2027-03-02T00:00:00Z",
        "rate_per_minute": 600,
    },
    RoleBody: {"permissions": ["campaign:approve", "campaign:read"]},
    AdvertiserBody: {"name": "Flowers Ltd", "currency": "EUR", "time_zone": "Europe/Berlin"},
    Rates: {
        "visits": 1000,
        "registrations": 100,
        "deposits": 20,
        "visitToRegistration": 0.1,
        "registrationToDeposit": 0.2,
        "visitToDeposit": 0.02,
    },
    Problem: {
        "type": f"/problems#{KeyReused.code}",
        "title": "Key reused",
        "status": 422,
        "detail": sentence_of(KeyReused),
        "code": KeyReused.code,
        "request_id": "9b1d7a54c2f14bd0a2f7f7f0f2b0c1de",
    },
}
