"""Short ways to ask for a code by mail or by text, and to come in with it."""

from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.email_codes import EmailCodeAttempt, EmailCodeWish
from vestibule.core.letters import CodeForm
from vestibule.core.projects import Visit
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.core.text_codes import TextCodeAttempt, TextCodeWish
from vestibule.kernel.errors import CannotSendText

ANN: Final = "ann@example.com"
NUMBER: Final = "+4915123456789"
FORM: Final = CodeForm(server_url="http://localhost:4000/v1", client_url="http://localhost:3000")


def codes_on(under_test: CoreUnderTest, **policy: Any) -> Visit:
    """Return a request to the project with both kinds of codes switched on, and `network=...` or policy members."""
    network = policy.pop("network", "192.0.2.1")
    dialect = policy.pop("dialect", "nhost")
    project = policy.pop("project", None)
    switches = {"email_codes_enabled": True, "text_codes_enabled": True}
    return under_test.visit(dialect, project, network, **{**switches, **policy})


async def newest_code(under_test: CoreUnderTest) -> str:
    """Return the code of the newest message that nobody has taken yet; nothing when there is none."""
    letters = await under_test.letters()
    return letters[-1].code if letters else ""


async def ask_by_mail(under_test: CoreUnderTest, email: str = ANN, visit: Visit | None = None, **wish: Any) -> str:
    """Ask for a code to sign in with, and return what was sent."""
    asked = EmailCodeWish(email=email, form=FORM, **wish)
    await under_test.core.request_email_code(visit or codes_on(under_test), asked)
    return await newest_code(under_test)


async def come_by_mail(
    under_test: CoreUnderTest, code: str, email: str = ANN, visit: Visit | None = None
) -> SignedIn | SecondFactorRequired:
    """Come in with a code."""
    attempt = EmailCodeAttempt(email, code)
    return await under_test.core.sign_in_with_email_code(visit or codes_on(under_test), attempt, DOOR)


async def ask_by_text(under_test: CoreUnderTest, number: str = NUMBER, visit: Visit | None = None, **wish: Any) -> str:
    """Ask for a code to sign in with, and return what was sent."""
    asked = TextCodeWish(phone_number=number, **wish)
    await under_test.core.request_text_code(visit or codes_on(under_test), asked)
    return await newest_code(under_test)


async def come_by_text(
    under_test: CoreUnderTest, code: str, number: str = NUMBER, visit: Visit | None = None
) -> SignedIn | SecondFactorRequired:
    """Come in with a code."""
    attempt = TextCodeAttempt(number, code)
    return await under_test.core.sign_in_with_text_code(visit or codes_on(under_test), attempt, DOOR)


async def with_number(under_test: CoreUnderTest, number: str = NUMBER) -> SignedIn:
    """Register somebody by a number, who is signed in."""
    signed_in = await come_by_text(under_test, await ask_by_text(under_test, number), number)
    assert isinstance(signed_in, SignedIn)
    return signed_in


async def proven(under_test: CoreUnderTest, email: str = ANN) -> SignedIn:
    """Register somebody by an address, who is signed in."""
    signed_in = await come_by_mail(under_test, await ask_by_mail(under_test, email), email)
    assert isinstance(signed_in, SignedIn)
    return signed_in


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


@dataclass
class Provider:
    """Makes, sends and checks codes itself, as Twilio Verify does: one code for a number, good once."""

    sent: dict[str, str] = field(default_factory=dict)
    started: list[tuple[str, str]] = field(default_factory=list)
    checked: list[tuple[str, str]] = field(default_factory=list)
    is_away: bool = False

    async def start(self, phone: str, locale: str) -> None:
        """Have a code sent."""
        if self.is_away:
            raise CannotSendText
        self.started.append((phone, locale))
        self.sent.setdefault(phone, f"{7_000_000 + len(self.started)}")

    async def check(self, phone: str, code: str) -> bool:
        """Tell whether it is the one."""
        if self.is_away:
            raise CannotSendText
        self.checked.append((phone, code))
        if self.sent.get(phone) != code:
            return False
        del self.sent[phone]
        return True
