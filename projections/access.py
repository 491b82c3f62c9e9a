"""Who holds which key: a row for each key that is not revoked, found by its secret's hash."""

import msgspec


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """`use` is api, exchange or site; `person` is None for keys of machines."""

    key: str
    use: str
    tenant: str
    person: str | None
    roles: tuple[str, ...]
