import asyncio
import re
from datetime import timedelta

from adapters.passwords import Argon2Passwords
from commands.accounts import AcceptInvitation, InvitePerson, accept_invitation, invite_person
from commands.people import AdmitPerson, admit_person
from commands.sessions import refresh_session
from commands.sign_in import PasswordSignIn, asking_to_sign_in, sign_in_with_password
from commands.tenant import OpenTenant, Person, open_tenant_books
from tests.commands.desks import kinds, new_desk
from tests.people import ACME, ANA, asks

PASSWORD, MAIL = "a password for one test", "ada@acme.example"
WEAK = Argon2Passwords(time_cost=1, memory_kib=64, parallelism=1)
TRYING = PasswordSignIn(address=MAIL, password=PASSWORD)
TOKEN = "cxi_acme_ada_" + "0" * 64


async def settled():
    """Return a desk at which Ada has a password, and her id."""
    desk = new_desk()
    owner = Person(person=ANA.person, name="Ana", roles=ANA.roles)
    await open_tenant_books(
        OpenTenant(name="Acme", people=[owner]), asking=asks(ANA, "open"), desk=desk
    )
    ada = (
        await admit_person(
            AdmitPerson(name="Ada", email=MAIL, roles=("marketer",)),
            asking=asks(ANA, "admit"),
            desk=desk,
        )
    ).id
    await invite_person(
        InvitePerson(person=ada, token=TOKEN), asking=asks(ANA, "invite"), desk=desk
    )
    await accept_invitation(
        AcceptInvitation(person=ada, token=TOKEN, password=PASSWORD),
        asking=asking_to_sign_in(ACME, "accept", person=ada),
        desk=desk,
        passwords=WEAK,
    )
    return desk, ada


async def tried(desk, command=TRYING, *, passwords=WEAK):
    asking = asking_to_sign_in(ACME, "try")
    return await sign_in_with_password(command, asking=asking, desk=desk, passwords=passwords)


async def test_other_parameters_hash_again_at_the_next_sign_in_and_only_then():
    desk, ada = await settled()
    stronger = Argon2Passwords(time_cost=2, memory_kib=64, parallelism=1)
    for _ in range(3):
        assert await tried(desk, passwords=stronger)

    assert (await kinds(desk, f"account-{ada}")).count("password_set") == 2


async def test_a_lock_lasts_a_quarter_of_an_hour():
    desk, _ = await settled()
    wrong = PasswordSignIn(address=MAIL, password="wrong")
    assert not any([await tried(desk, wrong) for _ in range(10)])
    assert await tried(desk) is None
    desk.clock.at += timedelta(minutes=15)

    assert await tried(desk)


async def test_of_many_who_use_one_refresh_token_at_once_at_most_one_is_answered():
    desk, _ = await settled()
    granted = await tried(desk)
    asked = [
        refresh_session(
            granted.refresh_token, asking=asking_to_sign_in(ACME, f"{number}"), desk=desk
        )
        for number in range(20)
    ]
    answers = [answer for answer in await asyncio.gather(*asked) if answer]

    assert len(answers) <= 1
    stream = f"session-{granted.session.session}"
    assert await kinds(desk, stream) == ["opened", "refreshed", "reuse_detected"]


async def test_twenty_guesses_at_once_are_counted_to_ten():
    desk, ada = await settled()
    wrong = PasswordSignIn(address=MAIL, password="wrong")
    await asyncio.gather(*(tried(desk, wrong) for _ in range(20)))

    assert (await kinds(desk, f"account-{ada}")).count("sign_in_failed") == 10


async def test_passwords_are_hashed_as_the_rfc_recommends():
    hashed = await Argon2Passwords().hashed(PASSWORD)

    assert re.match(r"^\$argon2id\$v=19\$m=65536,t=3,p=4\$", hashed)


async def test_nobodys_password_never_fits():
    assert not await WEAK.fits(None, PASSWORD)
    assert not await WEAK.fits("not a hash", PASSWORD)
