"""TC strings of IAB Europe's Transparency & Consent Framework, versions 2.0 to 2.3.

Source: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats",
v2.3, section "TC String Format" (core, DisclosedVendors, AllowedVendors, PublisherTC).

`TcString(text)` decodes a string of at most 16,384 characters and finds it whole, or raises
`BrokenConsent` with a `reason`; TCF 1 strings are refused. Its fields:
`created_ds`, `last_updated_ds` (tenths of a second since 1970, UTC), `cmp_id`, `cmp_version`,
`consent_screen`, `consent_language`, `vendor_list_version`, `policy_version`,
`is_service_specific`, `use_non_standard_texts`, `purpose_one_treatment`, `publisher_country`,
`has_publisher`, `custom_purposes` (how many), and these sets, member n in bit n - 1:
`special_features`, `purpose_consents`, `purpose_interests`, `publisher_consents`,
`publisher_interests`, `custom_consents`, `custom_interests`.

`vendors(section)` gives (first, last) pairs for CONSENT, INTEREST, DISCLOSED or ALLOWED, None
for a segment the string lacks; `restrictions()` what the publisher restricts. Ranges stay
ranges, so that a short string cannot ask for much memory.

`consents(purpose, vendor)` is the whole check: purpose and vendor were agreed to, the vendor was
disclosed (a must from policy version 5 on), and the publisher neither forbids the purpose nor
demands another legal basis. `interests` is the same for legitimate interest, which purposes 1 and
3 to 6 never have. `permits(text, purpose, vendor)` decodes and checks, a broken string being no.
Purposes count from 1 to 24, vendors from 1 to 65,535; anything else is no.
"""

from typing import TYPE_CHECKING

from hotpath._tcf_py import ALLOWED, CONSENT, DISCLOSED, INTEREST, Restriction
from hotpath.consent_string import BrokenConsent

__all__ = [
    "ALLOWED",
    "CONSENT",
    "DISCLOSED",
    "INTEREST",
    "BrokenConsent",
    "Restriction",
    "TcString",
    "permits",
]

if TYPE_CHECKING:
    from hotpath._tcf_py import TcString, permits
else:
    try:
        from hotpath._tcf_cy import TcString, permits
    except ImportError:  # no compiler on this machine: the readable twin says the same
        from hotpath._tcf_py import TcString, permits
