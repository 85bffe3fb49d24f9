"""What our own templates make of their variables, the missing and the malicious ones included."""

import re
import subprocess
import sys
from uuid import UUID

import msgspec
import pytest

from tests.support.letters import FULL, LINK, LINKED, MAILS, NOTICES, Tags, claimed
from vestibule.core.outbox import MailVariables
from vestibule.delivery.mail import Mail
from vestibule.delivery.render import Renderer, TemplateMissing


def render(variables: MailVariables, template: str = "email-verify") -> Mail:
    return Renderer().render(claimed(template), variables)


@pytest.mark.parametrize("template", MAILS)
@pytest.mark.parametrize("missing", [None, *FULL.__struct_fields__])
def test_templates_render_with_every_variable_missing(template: str, missing: str | None) -> None:
    """No empty sentence, no leftover syntax, whatever a dialect does not know."""
    variables = FULL if missing is None else msgspec.structs.replace(FULL, **{missing: ""})
    for given in (variables, MailVariables()):
        mail = render(given, template)
        for part in (mail.subject, mail.html, mail.text):
            assert part.strip()
            assert not any(sign in part for sign in ("{{", "{%", "${", "None", "Undefined"))
        assert re.search(r"[{}\[\]]", mail.subject + mail.text) is None
        assert re.search(r"\S  +\S| $|\n\n\n", mail.text, re.MULTILINE) is None
        assert Tags(mail.html).seen.isdisjoint({"script", "img", "link", "form", "iframe"})


@pytest.mark.parametrize("template", MAILS)
def test_html_and_text_say_the_same(template: str) -> None:
    """Whoever reads plain text gets the name, the product, and the link and the code where there are any."""
    mail = render(FULL, template)
    for part in (mail.html, mail.text):
        for shown in (FULL.display_name, FULL.email, "Acme Notes"):
            assert shown in part
        assert (FULL.code in part) == (template not in NOTICES)
    assert (LINK in mail.text) == (template in LINKED)
    assert Tags(mail.html).links == ([LINK, LINK] if template in LINKED else [])


@pytest.mark.parametrize("template", LINKED)
def test_a_letter_with_a_link_also_shows_the_code(template: str) -> None:
    """Who reads mail on one device and signs in on another types it (security 98); without one there is no gap."""
    mail = render(FULL, template)
    assert "Or type this code:\n\n    482913\n" in mail.text
    assert "482913</td>" in mail.html
    alone = render(msgspec.structs.replace(FULL, code=""), template)
    assert "code" not in alone.text
    assert 'class="code"' not in alone.html


def test_a_notice_asks_for_nothing() -> None:
    """Nothing to click and no code to pass on: what a forged one would have, ours never has."""
    for template in NOTICES:
        mail = render(FULL, template)
        assert Tags(mail.html).links == []
        assert "482913" not in mail.html + mail.text
        assert FULL.new_email not in mail.html + mail.text  # the old address learns no new one
        assert "If that was not you" in mail.text


def test_a_ticket_without_a_link_is_a_code() -> None:
    """An OTP is a ticket in Nhost's words."""
    mail = render(MailVariables(ticket="482913"), "signin-otp")
    assert "482913" in mail.html
    assert mail.code == mail.headers["X-Ticket"] == "482913"


def test_headers_that_test_suites_read() -> None:
    """Nhost's four; a code stands in for the ticket where there is no link."""
    assert render(FULL).headers == {
        "X-Ticket": "verifyEmail:x",
        "X-Redirect-To": "https://app.acme.example",
        "X-Email-Template": "email-verify",
        "X-Link": LINK,
    }
    assert render(MailVariables(code="482913")).headers["X-Ticket"] == "482913"


EVIL = [
    "<script>alert(1)</script>",
    "Bob\r\nBcc: eve@evil.example",
    "{{ 7 * 7 }}{% for x in range(10) %}x{% endfor %}",
    "[{product}]{recipient}${link}",
    "http://evil.example",
    "go to evil.example now",
    "www.evil",
    "eve@evil.example",
    '"><a href="https://evil.example">',
    "\u202egnp.exe",
    "x" * 5000,
]


@pytest.mark.parametrize("template", MAILS)
@pytest.mark.parametrize("evil", EVIL)
def test_a_display_name_injects_nothing(template: str, evil: str) -> None:
    """No markup, header, template, link or wall of text comes out of a name that a stranger chose (security 115)."""
    mail = render(msgspec.structs.replace(FULL, display_name=evil), template)
    honest = render(FULL, template)
    assert mail.subject == honest.subject
    assert Tags(mail.html).seen == Tags(honest.html).seen
    assert Tags(mail.html).links == Tags(honest.html).links
    assert len(mail.html) < len(honest.html) + 400
    for part in (mail.html, mail.text):
        assert "evil.example" not in part
        assert ("{{ 7 * 7 }}" in part) == ("{{ 7 * 7 }}" in evil)
        assert ("[{product}]{recipient}" in part) == ("[{product}]" in evil)
        assert "\u202e" not in part
    assert not any(line.startswith("Bcc:") for line in mail.text.splitlines())


@pytest.mark.parametrize(
    "field", ["product", "email", "new_email", "code", "ticket", "locale", "server_url", "client_url"]
)
@pytest.mark.parametrize("evil", ["<b onclick=x>", "a\r\nBcc: eve@evil.example"])
def test_no_other_variable_injects_either(field: str, evil: str) -> None:
    """Wherever it came from (security 115)."""
    for template in MAILS:
        mail = render(msgspec.structs.replace(FULL, **{field: evil}), template)
        assert "b" not in Tags(mail.html).seen
        assert not any(line.startswith("Bcc:") for line in (mail.subject + "\n" + mail.text).splitlines())
        assert all(value.isprintable() for value in (mail.subject, *mail.headers.values()))


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc/passwd"])
def test_only_web_links_become_buttons(link: str) -> None:
    """Escaping alone does not make a link harmless."""
    mail = render(msgspec.structs.replace(FULL, link=link))
    assert Tags(mail.html).links == []
    assert mail.link == mail.headers["X-Link"] == ""


def test_a_redirect_breaks_out_of_nothing() -> None:
    """Neither of an attribute nor of a header."""
    evil = 'https://app.acme.example/"><script>\r\nX: y'
    mail = render(msgspec.structs.replace(FULL, redirect_to=evil, link=evil))
    assert "script" not in Tags(mail.html).seen
    assert all("\n" not in value and "\r" not in value for value in mail.headers.values())
    assert render(msgspec.structs.replace(FULL, redirect_to="myapp://open")).headers["X-Redirect-To"] == "myapp://open"
    assert render(msgspec.structs.replace(FULL, redirect_to="JavaScript:x")).headers["X-Redirect-To"] == ""


@pytest.mark.parametrize(
    ("locale", "default", "subject"),
    [
        ("en-GB", "de", "Reset your password for Acme Notes"),
        ("de", "en", "Passwort für Acme Notes zurücksetzen"),
        ("DE-AT", "en", "Passwort für Acme Notes zurücksetzen"),
        ("nl", "de_CH", "Passwort für Acme Notes zurücksetzen"),
        ("", "nl", "Reset your password for Acme Notes"),
        ("../../etc", "en/../..", "Reset your password for Acme Notes"),
        ("e" * 500, "../en", "Reset your password for Acme Notes"),
    ],
)
def test_any_locale_finds_a_language(locale: str, default: str, subject: str) -> None:
    """The exact one, else its language, else the default, else English; never a path."""
    assert Renderer(default).render(claimed("password-reset", locale), FULL).subject == subject


@pytest.mark.parametrize("template", ["signin-passwordless-sms", "nope", "../en/email-verify", "email-verify/..", ""])
def test_a_template_that_is_not_there_is_said_so(template: str) -> None:
    """The message waits, and the delivery log names the reason."""
    with pytest.raises(TemplateMissing):
        Renderer().render(claimed(template), FULL)


def test_a_text_message_has_the_code_and_the_product() -> None:
    """And nothing that a user chose (security 115)."""
    text = Renderer().render_text(claimed("signin-passwordless-sms", recipient="+15550100"), FULL)
    assert text.body == "Your Acme Notes code is 482913."
    assert (text.id, text.recipient, text.template) == (UUID(int=2), "+15550100", "signin-passwordless-sms")
    assert Renderer().render_text(claimed("signin-passwordless-sms"), MailVariables(code="1")).body == "Your code is 1."
    with pytest.raises(TemplateMissing):
        Renderer().render_text(claimed("email-verify"), FULL)


def test_a_server_that_sends_nothing_does_not_load_the_template_language() -> None:
    """It costs memory, and is imported with the first letter."""
    program = (
        "import sys, vestibule.assembly.application; from vestibule.delivery.render import Renderer; Renderer();"
        " print({'jinja2', 'tomllib', 'html.parser'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
