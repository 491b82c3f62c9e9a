"""The root of every recorded fact."""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", gc=False):
    """A fact that happened. Once shipped, a kind is never edited, only succeeded."""


def kind_of(event: Event) -> str:
    """Return the wire tag, for example `campaign.approved.v1`."""
    return str(event.__struct_config__.tag)
