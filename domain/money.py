"""Money is whole micros of one currency; it never touches a float."""

from typing import Annotated

import msgspec

MICROS_PER_UNIT = 1_000_000
MICROS_MAX = 10**18  # a trillion units: far above any budget, far below 64 bits

Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code")]
Micros = Annotated[int, msgspec.Meta(ge=0, le=MICROS_MAX)]


class Money(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount in millionths of a currency unit: 2.50 USD is `{"micros": 2500000}`."""

    micros: Micros
    currency: Currency
