"""The file that names an installation's identity providers, and the doors made from it.

`identity_providers_file` is TOML with `[[oidc]]` and `[[saml]]` tables; `ops/sign-in.md`
describes them. Secrets stand in files or environment variables that it names.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from adapters.oidc import Oidc, OidcSettings
from adapters.saml import Saml, SamlAbsent, SamlSettings
from commands.federation import Policy
from domain.account.events import Method
from ops.obstacle import BadSettings
from ops.settings import Settings
from write_api.federation import Federation
from write_api.sign_in import TENANT


class Trust(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every provider's table says: whose people it vouches for, and how far."""

    name: str
    tenant: str
    title: str = ""
    joins: bool = False
    links_by_mail: bool = False
    roles_follow: bool = False
    roles: dict[str, tuple[str, ...]] = {}
    default_roles: tuple[str, ...] = ()


class OidcTable(Trust, frozen=True, kw_only=True, forbid_unknown_fields=True):
    issuer: str
    client_id: str
    client_secret_file: str = ""
    client_secret_env: str = ""
    scopes: str = "openid email profile"
    groups_claim: str = "groups"


class SamlTable(Trust, frozen=True, kw_only=True, forbid_unknown_fields=True):
    entity_id: str
    sso_url: str
    certificate_file: str
    email_attribute: str = "email"
    name_attribute: str = "name"
    groups_attribute: str = "groups"
    verified_mail: bool = False


class Tables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    oidc: list[OidcTable] = []
    saml: list[SamlTable] = []


def federation(settings: Settings, *, public_url: str, secret: bytes) -> Federation:
    """Return the doors that the settings name; raises `BadSettings`."""
    tables = _tables(settings.identity_providers_file)
    names = [table.name for table in (*tables.oidc, *tables.saml)]
    if len(set(names)) != len(names):
        raise BadSettings("Two identity providers have the same name.")
    try:
        saml = {table.name: (_saml(table), _policy(table, "saml")) for table in tables.saml}
    except SamlAbsent as absent:
        raise BadSettings(str(absent)) from None
    return Federation(
        public_url=public_url,
        secret=secret,
        oidc={table.name: (_oidc(table), _policy(table, "oidc")) for table in tables.oidc},
        saml=saml,
        titles={table.name: table.title or table.name for table in (*tables.oidc, *tables.saml)},
    )


def _tables(path: str) -> Tables:
    if not path:
        return Tables()
    try:
        return msgspec.convert(tomllib.loads(Path(path).read_text()), Tables)
    except OSError as error:
        raise BadSettings(f"identity_providers_file {path}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadSettings(f"identity_providers_file {path}: {error}.") from None


def _policy(table: Trust, method: Method) -> Policy:
    if not TENANT.match(table.tenant):
        raise BadSettings(f"The identity provider {table.name} names no tenant's id.")
    return Policy(
        provider=table.name,
        tenant=table.tenant,
        method=method,
        joins=table.joins,
        links_by_mail=table.links_by_mail,
        roles_follow=table.roles_follow,
        roles=table.roles,
        default_roles=table.default_roles,
    )


def _oidc(table: OidcTable) -> Oidc:
    secret = os.environ.get(table.client_secret_env, "") if table.client_secret_env else ""
    if table.client_secret_file:
        secret = _read(table.client_secret_file, table.name).strip()
    if not secret:
        raise BadSettings(f"The identity provider {table.name} lacks its client secret.")
    return Oidc(
        OidcSettings(
            issuer=table.issuer,
            client_id=table.client_id,
            client_secret=secret,
            scopes=table.scopes,
            groups_claim=table.groups_claim,
        )
    )


def _saml(table: SamlTable) -> Saml:
    said: dict[str, Any] = msgspec.structs.asdict(table)
    certificate = _read(table.certificate_file, table.name)
    known = set(SamlSettings.__struct_fields__) & set(said)
    return Saml(SamlSettings(certificate=certificate, **{name: said[name] for name in known}))


def _read(path: str, name: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        raise BadSettings(
            f"The identity provider {name} names {path}, which we cannot read."
        ) from None
