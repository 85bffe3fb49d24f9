"""Letters with a code: alone, or beside a link."""

from dataclasses import replace

from tests.support.cores import LETTER, CoreUnderTest
from vestibule.core.letters import CodeForm, SendCode, SendLetter
from vestibule.core.outbox import MailVariables
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import Subject
from vestibule.kernel.entropy import SystemEntropy

ANN = "ann@example.com"


async def somebody(under_test: CoreUnderTest) -> tuple[Subject, SendCode, TicketDesk]:
    desk = under_test.core.verify_email.tickets
    codes = SendCode(desk, under_test.core.outbox, SystemEntropy())
    return (await under_test.sign_up(ANN)).subject, codes, desk


async def mailed(under_test: CoreUnderTest, codes: SendCode, subject: Subject) -> MailVariables:
    [credential] = await under_test.core.users.credentials(under_test.db, under_test.project.id, subject.id)
    async with under_test.db.write() as tx:
        form = CodeForm(redirect_to="http://localhost:3000")
        await codes.mail(tx, under_test.visit(), Purpose.EMAIL_CODE, form, subject=subject, credential=credential)
    return (await under_test.letters())[-1]


async def test_a_code_has_six_digits_and_comes_back_as_the_users(under_test: CoreUnderTest) -> None:
    """Leading zeros and all."""
    ann, codes, desk = await somebody(under_test)
    letter = await mailed(under_test, codes, ann)
    assert len(letter.code) == 6
    assert letter.code.isdigit()
    assert letter.ticket == letter.code  # test suites of Nhost's clients read the code there
    ticket = await desk.guess(
        under_test.db, under_test.project.id, Purpose.EMAIL_CODE, "nhost", ann.id, letter.code.encode()
    )
    assert (ticket.address, ticket.attempts_left) == (ANN, 4)


async def test_codes_are_drawn_anew(under_test: CoreUnderTest) -> None:
    """Ten letters, not one code."""
    ann, codes, _ = await somebody(under_test)
    assert len({(await mailed(under_test, codes, ann)).code for _ in range(10)}) > 5


async def test_a_letter_with_a_link_may_carry_a_code_as_well(under_test: CoreUnderTest) -> None:
    """For readers whose mail is on another device, or whose scanner eats links (security 98)."""
    ann, codes, desk = await somebody(under_test)
    letters = SendLetter(desk, under_test.core.outbox, codes)
    [credential] = await under_test.core.users.credentials(under_test.db, under_test.project.id, ann.id)
    async with under_test.db.write() as tx:
        await letters(
            tx,
            under_test.visit(),
            Purpose.SIGN_IN_LINK,
            replace(LETTER, with_code=True),
            subject=ann,
            credential=credential,
        )
    [letter] = await under_test.letters()
    assert letter.link.endswith(letter.ticket)
    code = letter.code.encode()
    ticket = await desk.guess(under_test.db, under_test.project.id, Purpose.EMAIL_CODE, "nhost", ann.id, code)
    assert ticket.user_id == ann.id
