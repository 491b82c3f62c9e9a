"""Which families of streams hold events of persons, under their reference or beside others."""

SUBJECT_CATEGORIES = ("subject", "member", "consent")
SHARED_CATEGORIES = ("tenant",)  # one stream a tenant, where events name the person by reference


def streams_of(ref: str, tenant: str) -> tuple[str, ...]:
    """Return the names of every stream that may hold events of this person."""
    return (
        *(f"{category}-{ref}" for category in SUBJECT_CATEGORIES),
        *(f"{category}-{tenant}" for category in SHARED_CATEGORIES),
    )


def events_about(ref: str, stream: str, data: bytes) -> bool:
    """Return whether an event of one of these streams is about the person."""
    return stream.endswith(f"-{ref}") or ref.encode() in data
