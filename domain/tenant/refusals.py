"""Why a tenant says no."""

from domain.refusal import Reason, Refusal


class TenantUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such tenant."""


class TenantIdInvalid(Refusal, reason=Reason.MALFORMED):
    """A tenant's id is 1 to 32 lower-case letters and digits, and not a reserved word."""


class TenantAlreadyOpen(Refusal, reason=Reason.UNTIMELY):
    """A tenant with this id exists under another name."""


class SettingsWrong(Refusal, reason=Reason.MALFORMED):
    """Currencies are those of ISO 4217 and time zones those of the IANA database."""


class PermissionExceeded(Refusal, reason=Reason.FORBIDDEN):
    """Nobody gives others a permission that they do not have themselves."""


class RoleUnknown(Refusal, reason=Reason.MALFORMED):
    """A person's roles are built in, or defined by their tenant."""


class NoSuchRole(Refusal, reason=Reason.UNKNOWN):
    """There is no such role in this tenant."""


class RoleBuiltIn(Refusal, reason=Reason.UNTIMELY):
    """Built-in roles stay as they are: define a role under another name."""


class RoleNameInvalid(Refusal, reason=Reason.MALFORMED):
    """A role's name is a lower-case letter and up to 31 more letters, digits, - or _."""


class RoleInUse(Refusal, reason=Reason.UNTIMELY):
    """People hold this role: give them others first."""


class PermissionUnknown(Refusal, reason=Reason.MALFORMED):
    """Roles and scopes are made of the twenty permissions."""


class PersonUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such person in this tenant."""


class LastAdmin(Refusal, reason=Reason.UNTIMELY):
    """Someone must remain an admin: make somebody else one first."""


class KeyUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such key in this tenant."""


class KeyTaken(Refusal, reason=Reason.UNTIMELY):
    """Another key was already issued under this id."""


class KeyHolderMissing(Refusal, reason=Reason.MALFORMED):
    """A key for the API belongs to a person, so say to whom."""


class KeyOfMachine(Refusal, reason=Reason.MALFORMED):
    """Only keys for the API have a holder, scopes and a rate."""


class KeyExpiryPast(Refusal, reason=Reason.MALFORMED):
    """A key expires in the future or never."""


class KeyNotInForce(Refusal, reason=Reason.UNTIMELY):
    """This key is revoked or expired: issue a new one."""


class AdvertiserIdInvalid(Refusal, reason=Reason.MALFORMED):
    """An advertiser's id is 1 to 64 lower-case letters, digits and - between them."""
