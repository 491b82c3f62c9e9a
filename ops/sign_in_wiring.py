"""What signing in is composed of, as the settings say."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from adapters.passwords import Argon2Passwords
from adapters.tokens import SigningKeys
from commands.accounts import Passwords
from commands.desk import Desk
from ops.identity_providers import federation
from ops.settings import Settings
from write_api.federation import Federation
from write_api.sign_in_desk import REFUSED_AFTER_S, SignInDesk
from write_api.tokens import SessionTokens, Signer


class SignInParts(NamedTuple):
    """What a process is given to let people sign in; `tenant` is for forms that name none."""

    passwords: Passwords
    signer: Signer
    issuer: str
    providers: Callable[[bytes], Federation]
    tenant: str = ""
    trusted_proxies: tuple[str, ...] = ()
    refused_after_s: float = REFUSED_AFTER_S

    def desk(self, desk: Desk) -> SignInDesk:
        """Return where people sign in, over this process's desk."""
        return SignInDesk(
            desk=desk,
            passwords=self.passwords,
            tokens=SessionTokens(desk, self.signer, issuer=self.issuer),
            tenant=self.tenant,
            trusted_proxies=self.trusted_proxies,
            refused_after_s=self.refused_after_s,
        )


def signing_keys(settings: Settings) -> SigningKeys:
    """Return the keys that access tokens are signed with: `DIR/signing` unless set."""
    chosen = settings.signing_keys_dir
    return SigningKeys(Path(chosen) if chosen else settings.directory / "signing")


def public_url(settings: Settings) -> str:
    """Return what people's browsers call, without a slash at its end."""
    return settings.public_api_url.rstrip("/") or settings.api_url


def sign_in_parts(settings: Settings) -> SignInParts:
    """Return what the API needs to let people sign in."""
    return SignInParts(
        passwords=Argon2Passwords(),
        signer=signing_keys(settings),
        issuer=public_url(settings),
        providers=lambda secret: federation(
            settings, public_url=public_url(settings), secret=secret
        ),
        tenant=settings.sign_in_tenant,
        trusted_proxies=settings.trusted_proxies,
    )
