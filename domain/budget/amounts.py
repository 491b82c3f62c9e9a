"""Amounts that may be taken away: money with a sign."""

from typing import Annotated

import msgspec

from domain.money import MICROS_MAX, Currency

SignedMicros = Annotated[int, msgspec.Meta(ge=-MICROS_MAX, le=MICROS_MAX)]


class SignedMoney(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change in millionths of a currency unit: less is negative."""

    micros: SignedMicros
    currency: Currency
