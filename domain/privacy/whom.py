"""Whom a request or a hold is about, in the form that is sealed."""

import msgspec


class Whom(msgspec.Struct, frozen=True, kw_only=True):
    """The person's name as the caller gave it, and other player ids they are known by.

    `salt` makes the `person_check` of a request's certificate.
    """

    subject: str
    players: tuple[str, ...] = ()
    reason: str = ""
    salt: str = ""

    @property
    def all_players(self) -> tuple[str, ...]:
        """Every id under which the facts may know them, each once."""
        return tuple(dict.fromkeys((self.subject, *self.players)))


WHOM: msgspec.json.Decoder[Whom] = msgspec.json.Decoder(Whom)
