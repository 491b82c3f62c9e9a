"""Signing in with what a provider vouches for (OpenID Connect or SAML): who that is here."""

import hashlib
from collections.abc import Mapping
from functools import partial

import msgspec
from msgspec.structs import replace

from commands.accounts import LOGINS, address_of, books_of, claimed, login_name
from commands.desk import Desk
from commands.people import AdmitPerson, ChangePerson, admit_person, change_somebody
from commands.sessions import Granted, OpenSession
from commands.sign_in import asking_to_sign_in, enter
from commands.transact import Asking, current
from domain.account.events import Method
from domain.identity import PersonId, TenantId
from domain.session.events import Use
from domain.tenant import Open
from domain.tenant.decisions.authority import EVERY
from domain.tenant.refusals import LastAdmin

NAME_LENGTH_MAX = 200


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider vouches for; `proof` names this one telling, which counts once."""

    issuer: str
    subject: str
    proof: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    groups: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How far one provider is trusted with one tenant's people.

    `roles` maps the provider's groups to roles. Whoever has none of the roles never joins.
    """

    provider: str
    tenant: str
    method: Method
    joins: bool = False  # people whom nobody let in
    links_by_mail: bool = False  # people who were let in, by their verified mail address
    roles_follow: bool = False  # at each sign-in, not only the first
    roles: Mapping[str, tuple[str, ...]] = {}
    default_roles: tuple[str, ...] = ()

    def roles_of(self, identity: Identity) -> tuple[str, ...]:
        """Return the roles that someone's groups stand for."""
        named = {role for group in identity.groups for role in self.roles.get(group, ())}
        return tuple(sorted(named | set(self.default_roles)))


async def sign_in_with_identity(
    identity: Identity, policy: Policy, *, use: Use, request: str, desk: Desk
) -> Granted | None:
    """Open a session for whom the provider vouches; None for people who are unknown here.

    Raises `ProofUsed` when the same telling comes again.
    """
    tenant = TenantId(policy.tenant)
    asking = asking_to_sign_in(tenant, request)
    books = await books_of(desk, tenant)
    person = await _known(identity, tenant, desk)
    if person is None:
        person = await _introduced(identity, policy, books, asking=asking, desk=desk)
    elif person not in books.people:
        return None  # Whoever was let go does not come back by themselves.
    if person is None:
        return None
    if policy.roles_follow:
        await _follow_roles(person, identity, policy, asking=asking, desk=desk)
    opening = OpenSession(
        session=hashlib.sha256(f"{policy.provider}\0{identity.proof}".encode()).hexdigest()[:32],
        person=person,
        method=policy.method,
        use=use,
        provider=policy.provider,
    )
    return await enter(opening, asking=asking_to_sign_in(tenant, request, person=person), desk=desk)


async def _known(identity: Identity, tenant: TenantId, desk: Desk) -> PersonId | None:
    subject = await desk.keys.known(tenant, _ring_name(identity))
    if subject is None:
        return None
    return (await current(desk, LOGINS, tenant, subject.ref)).state.person


async def _introduced(
    identity: Identity, policy: Policy, books: Open, *, asking: Asking, desk: Desk
) -> PersonId | None:
    """Link the identity to someone who is here, or let them in, as far as the policy goes."""
    person = None
    if policy.links_by_mail and identity.email_verified and identity.email is not None:
        person = await _by_mail(identity.email, books, desk)
    if person is None and policy.joins and policy.roles_of(identity):
        person = await _joined(identity, policy, desk)
        books = await books_of(desk, books.tenant)
    if person is None or person not in books.people:
        return None
    name = (await desk.keys.subject(books.tenant, _ring_name(identity))).ref
    linked = partial(claimed, desk, name, person=person, books=books, asking=asking)
    await linked(method=policy.method, provider=policy.provider)
    return person


async def _by_mail(email: str, books: Open, desk: Desk) -> PersonId | None:
    """Return the only person with this mail address, None when there is none or are several."""
    wanted, found = login_name(email), []
    for person in books.people:
        address = await address_of(desk, books, person)
        if address is not None and login_name(address) == wanted:
            found.append(person)
    return found[0] if len(found) == 1 else None


async def _joined(identity: Identity, policy: Policy, desk: Desk) -> PersonId:
    """Let someone in; two first sign-ins at once let in one person."""
    name = identity.name or identity.email or identity.subject
    command = AdmitPerson(
        name=name[:NAME_LENGTH_MAX],
        email=identity.email if identity.email_verified else None,
        roles=policy.roles_of(identity),
    )
    source = desk.keys.digest(_ring_name(identity))
    asking = Asking.of_process("sign-in", source, tenant=TenantId(policy.tenant))
    outcome = await admit_person(command, asking=replace(asking, permissions=EVERY), desk=desk)
    return PersonId(outcome.id)


async def _follow_roles(
    person: PersonId, identity: Identity, policy: Policy, *, asking: Asking, desk: Desk
) -> None:
    """Give someone the roles of their groups; the last admin stays one."""
    command = ChangePerson(person=person, roles=policy.roles_of(identity))
    try:
        await change_somebody(command, asking=replace(asking, permissions=EVERY), desk=desk)
    except LastAdmin:
        return


def _ring_name(identity: Identity) -> str:
    return f"identity:{identity.issuer}\0{identity.subject}"
