"""Why a request got no bid: the stages an offer passes, in order, and their OpenRTB codes.

A request's reason is the furthest stage that any of its impressions reached. Codes below
500 are those of OpenRTB 2.6, section 5.24; the standard leaves 500 and above to us.
"""

MEDIA = "media"
SIZE = "size"
GEO = "geo"
DEVICE = "device"
DOMAIN = "domain"
CATEGORY = "category"
ADVERTISER = "advertiser"
ATTRIBUTE = "attribute"
CURRENCY = "currency"
FLOOR = "floor"
SCHEDULE = "schedule"
SEAT = "seat"
SEGMENT = "segment"
SECURE = "secure"
NO_CAMPAIGNS = "no_campaigns"
TIMEOUT = "timeout"

NO_BID_CODES = {
    NO_CAMPAIGNS: 500,
    MEDIA: 501,
    SIZE: 502,
    GEO: 503,
    DEVICE: 6,  # unsupported device
    DOMAIN: 7,  # blocked publisher or site
    CATEGORY: 504,
    ADVERTISER: 505,
    ATTRIBUTE: 506,
    CURRENCY: 507,
    FLOOR: 508,
    SCHEDULE: 509,
    SEAT: 510,
    SEGMENT: 8,  # unmatched user
    SECURE: 511,
    TIMEOUT: 15,  # insufficient auction time
    "log_unavailable": 1,  # technical error
}
STAGES = tuple(NO_BID_CODES)
DEPTH = {stage: depth for depth, stage in enumerate(STAGES)}


def deepest(first: str, second: str) -> str:
    """Return the stage that lies further down the funnel."""
    return first if DEPTH[first] >= DEPTH[second] else second
