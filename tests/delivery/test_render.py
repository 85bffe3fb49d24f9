"""What the templates make of their variables, the missing and the malicious ones included."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from vestibule.core.outbox import Claimed, MailVariables
from vestibule.delivery.mail import Mail
from vestibule.delivery.render import Renderer, TemplateMissing

LINK = "https://auth.acme.example/v1/verify?redirectTo=https%3A%2F%2Fapp.acme.example&ticket=verifyEmail%3Ax&type=emailVerify"
FULL = MailVariables(
    product="Acme Notes",
    link=LINK,
    ticket="verifyEmail:x",
    redirect_to="https://app.acme.example",
    email="bob@example.com",
    new_email="new@example.com",
    display_name="Bob Builder",
    locale="en",
    server_url="https://auth.acme.example/v1",
    client_url="https://app.acme.example",
    code="482913",
    link_type="emailVerify",
)
BUILT = ["email-verify", "password-reset"]


def claimed(template: str = "email-verify", locale: str = "en") -> Claimed:
    return Claimed(
        project_id=UUID(int=1),
        id=UUID(int=2),
        channel="email",
        template=template,
        locale=locale,
        recipient="bob@example.com",
        payload=None,
        attempts=1,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def render(variables: MailVariables, template: str = "email-verify") -> Mail:
    return Renderer().render(claimed(template), variables)


class _Tags(HTMLParser):
    """Collects the tags in use and checks that each is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an opened tag and where it leads."""
        self.seen.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "background"}]
        if tag not in {"meta", "br", "img", "base"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take it off again."""
        assert self.open.pop() == tag


@pytest.mark.parametrize("template", BUILT)
@pytest.mark.parametrize("missing", [None, *FULL.__struct_fields__])
def test_templates_render_with_every_variable_missing(template: str, missing: str | None) -> None:
    """No empty sentence, no leftover syntax, whatever a dialect does not know."""
    variables = FULL if missing is None else msgspec.structs.replace(FULL, **{missing: ""})
    for given in (variables, MailVariables()):
        mail = render(given, template)
        for part in (mail.subject, mail.html, mail.text):
            assert part.strip()
            assert not any(sign in part for sign in ("{{", "{%", "None", "Undefined"))
        assert re.search(r"\S  +\S| $|\n\n\n", mail.text, re.MULTILINE) is None
        assert _Tags(mail.html).seen.isdisjoint({"script", "img", "link", "form", "iframe"})


@pytest.mark.parametrize("template", BUILT)
def test_html_and_text_say_the_same(template: str) -> None:
    """Whoever reads plain text gets the link, the code, the name and the product too."""
    mail = render(FULL, template)
    for shown in (FULL.display_name, FULL.email, FULL.code, "Acme Notes"):
        assert shown in mail.html
        assert shown in mail.text
    assert LINK in mail.text
    assert _Tags(mail.html).links == [LINK, LINK]


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
    "http://evil.example",
    "go to evil.example now",
    "www.evil",
    "eve@evil.example",
    '"><a href="https://evil.example">',
    "\u202egnp.exe",
    "x" * 5000,
]


@pytest.mark.parametrize("template", BUILT)
@pytest.mark.parametrize("evil", EVIL)
def test_a_display_name_injects_nothing(template: str, evil: str) -> None:
    """No markup, header, template, link or wall of text comes out of a name that a stranger chose (security 115)."""
    mail = render(msgspec.structs.replace(FULL, display_name=evil), template)
    honest = render(FULL, template)
    assert mail.subject == honest.subject
    assert _Tags(mail.html).seen == _Tags(honest.html).seen
    assert _Tags(mail.html).links == [LINK, LINK]
    assert len(mail.html) < len(honest.html) + 400
    for part in (mail.html, mail.text):
        assert "evil.example" not in part
        assert ("{{ 7 * 7 }}" in part) == ("{{ 7 * 7 }}" in evil)
        assert "\u202e" not in part
    assert not any(line.startswith("Bcc:") for line in mail.text.splitlines())


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc/passwd"])
def test_only_web_links_become_buttons(link: str) -> None:
    """Escaping alone does not make a link harmless."""
    mail = render(msgspec.structs.replace(FULL, link=link))
    assert _Tags(mail.html).links == []
    assert mail.link == mail.headers["X-Link"] == ""


def test_a_redirect_breaks_out_of_nothing() -> None:
    """Neither of an attribute nor of a header."""
    evil = 'https://app.acme.example/"><script>\r\nX: y'
    mail = render(msgspec.structs.replace(FULL, redirect_to=evil, link=evil))
    assert "script" not in _Tags(mail.html).seen
    assert all("\n" not in value and "\r" not in value for value in mail.headers.values())


@pytest.mark.parametrize("locale", ["en", "en-GB", "en_US", "fr", "FR-CA", "", "../../etc", "en/../..", "e" * 500])
def test_any_locale_finds_a_template(locale: str) -> None:
    """The exact one, else its language, else the default, else English; never a path."""
    for default in ("en", "de", "pt-BR"):
        assert Renderer(default).render(claimed(locale=locale), FULL).subject == "Verify your email for Acme Notes"


@pytest.mark.parametrize("template", ["signin-otp", "nope", "../en/email-verify", "email-verify/../email-verify", ""])
def test_a_template_that_is_not_there_is_said_so(template: str) -> None:
    """The message waits, and the delivery log names the reason."""
    with pytest.raises(TemplateMissing):
        Renderer().render(claimed(template), FULL)


def write(folder: Path, name: str, **files: str) -> None:
    home = folder / name
    home.mkdir(parents=True)
    for stem, content in files.items():
        (home / {"subject": "subject.txt", "html": "body.html", "text": "body.txt"}[stem]).write_text(content)


def test_an_operators_folder_comes_first(tmp_path: Path) -> None:
    """Theirs in any fitting locale before ours; without a plain-text file the mail has no plain-text part."""
    write(tmp_path, "en/email-verify", subject="Hi {{ display_name }}!", html="<p>{{ link }}</p>")
    write(tmp_path, "fr/email-verify", subject="Salut", html="<p lang={{ language }}></p>", text="Salut {{ email }}")
    renderer = Renderer(folders=[tmp_path])
    english = renderer.render(claimed(locale="de"), FULL)
    assert (english.subject, english.html, english.text) == ("Hi !", f"<p>{LINK.replace('&', '&amp;')}</p>", "")
    french = renderer.render(claimed(locale="fr-CA"), FULL)
    assert (french.subject, french.text) == ("Salut", "Salut bob@example.com\n")
    assert renderer.render(claimed("password-reset", locale="fr"), FULL).subject == "Reset your password for Acme Notes"


@pytest.mark.parametrize(
    "attack", ["{{ ''.__class__.__mro__ }}", "{% include '/etc/passwd' %}", "{{ link.__init__.__globals__ }}"]
)
def test_a_template_stays_in_its_sandbox(tmp_path: Path, attack: str) -> None:
    """Templates may come from people who administer mail, not the machine."""
    write(tmp_path, "en/email-verify", subject="x", html=f"<p>{attack}</p>")
    with pytest.raises(Exception, match=r"unsafe|not found|/etc/passwd|undefined"):
        Renderer(folders=[tmp_path]).render(claimed(), FULL)


def test_right_to_left_languages_say_so(tmp_path: Path) -> None:
    """The frame takes direction and language from the locale that was found."""
    write(tmp_path, "ar/email-verify", subject="x", html='{% extends "layout.html" %}{% block title %}x{% endblock %}')
    assert '<html lang="ar" dir="rtl">' in Renderer(folders=[tmp_path]).render(claimed(locale="ar-EG"), FULL).html


def test_a_text_message_has_the_code_and_the_product() -> None:
    """And nothing that a user chose (security 115)."""
    text = Renderer().render_text(claimed("signin-passwordless-sms"), FULL)
    assert text.body == "Your Acme Notes code is 482913."
    assert (text.id, text.recipient, text.template) == (UUID(int=2), "bob@example.com", "signin-passwordless-sms")
    assert Renderer().render_text(claimed("signin-passwordless-sms"), MailVariables(code="1")).body == "Your code is 1."
    with pytest.raises(TemplateMissing):
        Renderer().render_text(claimed("nope"), FULL)
