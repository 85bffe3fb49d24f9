"""Templates that operators bring: Nhost's folders as they are, and ours with Jinja."""

from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from tests.support.letters import FULL, LINK, Tags, claimed
from vestibule.delivery.folders import OwnTemplates
from vestibule.delivery.locales import LOCALES
from vestibule.delivery.render import Renderer
from vestibule.delivery.unusable import TemplateUnusable

ALL_PLACEHOLDERS = (
    "${link} ${displayName} ${email} ${newEmail} ${ticket} ${redirectTo} ${locale} ${serverUrl} ${clientUrl} ${code}"
)
FILES = {"subject": "subject.txt", "html": "body.html", "text": "body.txt"}


def write(folder: Path, name: str, **files: str) -> None:
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    for stem, content in files.items():
        (home / FILES[stem]).write_text(content, "utf-8")


def test_nhosts_placeholders_are_filled(tmp_path: Path) -> None:
    """All ten, in subject, HTML, text and text message (spec 8.1); the HTML is escaped."""
    write(tmp_path, "fr/email-verify", subject="Bonjour ${displayName}", html=f"<p>{ALL_PLACEHOLDERS}</p>")
    write(tmp_path, "fr/signin-passwordless-sms", text="Votre code est ${code}.")
    renderer = Renderer(folders=[tmp_path])
    mail = renderer.render(claimed(locale="fr"), msgspec.structs.replace(FULL, locale="fr", code=""))
    assert mail.subject == "Bonjour Bob Builder"
    assert mail.html == (
        f"<p>{LINK.replace('&', '&amp;')} Bob Builder bob@example.com new@example.com verifyEmail:x"
        " https://app.acme.example fr https://auth.acme.example/v1 https://app.acme.example </p>"
    )
    assert renderer.render_text(claimed("signin-passwordless-sms", "fr"), FULL).body == "Votre code est 482913."


def test_an_otp_is_a_ticket_in_nhosts_words(tmp_path: Path) -> None:
    """Its stock letter shows the ticket, and the target in its subject."""
    write(tmp_path, "en/signin-otp", subject="One-time password for ${redirectTo}", html="<b>${ticket}</b>")
    given = msgspec.structs.replace(FULL, link="", ticket="")
    mail = Renderer(folders=[tmp_path]).render(claimed("signin-otp"), given)
    assert (mail.subject, mail.html) == ("One-time password for https://app.acme.example", "<b>482913</b>")


@pytest.mark.parametrize("unknown", ["${nope}", "${}", "${ link }", "${LINK}"])
def test_unknown_placeholders_render_empty(tmp_path: Path, unknown: str) -> None:
    """As the original does."""
    write(tmp_path, "en/email-verify", subject="x", html=f"<p>a{unknown}b</p>")
    assert Renderer(folders=[tmp_path]).render(claimed(), FULL).html == "<p>ab</p>"


@pytest.mark.parametrize("plain", ["$5 and ${unclosed", "{#main{color:red}}", "100 $", "{ link }", "a } b"])
def test_whatever_is_no_placeholder_stays(tmp_path: Path, plain: str) -> None:
    """Style sheets have braces and hashes too."""
    write(tmp_path, "en/email-verify", subject="x", html=f"<style>{plain}</style>")
    assert Renderer(folders=[tmp_path]).render(claimed(), FULL).html == f"<style>{plain}</style>"


EVIL = [
    "<img src=x onerror=y>",
    "Bob\r\nBcc: eve@evil.example",
    "${link}{{ link }}",
    '"><a href="//evil.example">',
    "x" * 999,
]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_is_injected_into_nhosts_templates(tmp_path: Path, evil: str) -> None:
    """The original inserts values raw: ours are escaped, single lines and bounded, the subject too (security 115)."""
    write(
        tmp_path,
        "en/email-verify",
        subject="${displayName} ${redirectTo}",
        html='<p title="${displayName}">${displayName}</p><a href="${redirectTo}">${email}</a>',
        text="${displayName}",
    )
    given = msgspec.structs.replace(FULL, display_name=evil, redirect_to=f"https://app.acme.example/{evil}", email=evil)
    mail = Renderer(folders=[tmp_path]).render(claimed(), given)
    tags = Tags(mail.html)
    assert tags.seen == {"p", "a"}
    assert len(tags.links) == 1
    assert tags.links[0].startswith("https://app.acme.example/")
    assert len(mail.subject) <= 200
    assert all(sign not in mail.subject + mail.text.strip() for sign in "\r\n")
    assert "auth.acme.example" not in mail.subject + mail.html + mail.text  # a value is filled in, and not again


def test_a_redirect_that_acts_is_no_link(tmp_path: Path) -> None:
    """A scheme of an application's own may stand, one that runs code may not."""
    write(tmp_path, "en/email-verify", subject="x", html='<a href="${redirectTo}">x</a>')
    renderer = Renderer(folders=[tmp_path])
    for redirect, link in {"myapp://open": "myapp://open", "javascript:alert(1)": ""}.items():
        mail = renderer.render(claimed(), msgspec.structs.replace(FULL, redirect_to=redirect))
        assert Tags(mail.html).links == [link]


def test_an_operators_template_comes_first(tmp_path: Path) -> None:
    """In the user's language, else the default one; then ours, in the user's language."""
    write(tmp_path, "en/email-verify", subject="Hi", html="<p>${link}</p>")
    write(tmp_path, "fr/email-verify", subject="Salut", html="<p></p>", text="Salut ${email}")
    write(tmp_path, "fr/password-reset", subject="Passe", html="<p></p>")
    renderer = Renderer("en", [tmp_path])
    assert renderer.render(claimed(locale="fr-CA"), FULL).subject == "Salut"
    assert renderer.render(claimed(locale="fr"), FULL).text == "Salut bob@example.com\n"
    assert renderer.render(claimed(locale="de"), FULL).subject == "Hi"
    assert renderer.render(claimed("password-reset", "de"), FULL).subject == "Passwort für Acme Notes zurücksetzen"
    assert Renderer("bg", [tmp_path]).render(claimed(locale="ja"), FULL).subject.startswith("Acme Notes の")


def test_half_a_template_is_none(tmp_path: Path) -> None:
    """A mail has a subject and a body; where one is missing, the next source is asked."""
    write(tmp_path, "en/email-verify", html="<p></p>")
    write(tmp_path, "en/password-reset", subject="x")
    renderer = Renderer(folders=[tmp_path])
    for template in ("email-verify", "password-reset"):
        assert renderer.render(claimed(template), FULL).subject.endswith("for Acme Notes")


def test_jinja_templates_show_what_ours_do(tmp_path: Path) -> None:
    """By our names, escaped in HTML; the subject has nothing that a user chose (security 115)."""
    write(
        tmp_path,
        "fr/email-verify",
        subject="{{ product }}: Hi {{ display_name }}!",
        html="<p lang={{ language }}>{% if code %}{{ code }} {% endif %}{{ link }} ${link}</p>",
        text="Salut {{ display_name }}",
    )
    mail = Renderer(folders=[tmp_path]).render(
        claimed(locale="fr"), msgspec.structs.replace(FULL, display_name="A & B")
    )
    assert mail.subject == "Acme Notes: Hi !"
    assert mail.html == f"<p lang=fr>482913 {LINK.replace('&', '&amp;')} ${{link}}</p>"
    assert mail.text == "Salut A & B\n"


@pytest.mark.parametrize(
    "attack", ["{{ ''.__class__.__mro__ }}", "{% include '/etc/passwd' %}", "{{ link.__init__.__globals__ }}"]
)
def test_a_template_stays_in_its_sandbox(tmp_path: Path, attack: str) -> None:
    """Templates may come from people who administer mail, not the machine (security 115)."""
    write(tmp_path, "en/email-verify", subject="x", html=f"<p>{attack}</p>")
    with pytest.raises(TemplateUnusable, match=r"unsafe|not found|/etc/passwd|undefined"):
        Renderer(folders=[tmp_path]).letter(claimed(), FULL)


BROKEN = {
    "syntax": ("<p>\n{{ link }</p>", 2, "TemplateSyntaxError"),
    "filter": ("<p>{{ link | shout }}</p>", 1, "TemplateAssertionError"),
    "parent": ("{% extends 'nowhere.html' %}", 1, "TemplateNotFound"),
}
FAILING = {
    "value": ("<p>\n\n{{ code.nothing.at_all }}</p>", 3, "UndefinedError"),
    "arithmetic": ("<p>{{ 1 / 0 }}</p>", 1, "ZeroDivisionError"),
}


@pytest.mark.parametrize(("html", "line", "kind"), [*BROKEN.values(), *FAILING.values()], ids=[*BROKEN, *FAILING])
def test_a_broken_template_costs_nobody_a_letter(tmp_path: Path, html: str, line: int, kind: str) -> None:
    """Ours is sent, and one line of the log tells what to mend; it quotes no value (security 117)."""
    write(tmp_path, "en/email-verify", subject="x", html=html)
    write(tmp_path, "en/signin-passwordless-sms", text=html)
    renderer = Renderer(folders=[tmp_path])
    with capture_logs() as events:
        mail = renderer.render(claimed(), FULL)
        text = renderer.render_text(claimed("signin-passwordless-sms"), FULL)
    assert (mail.subject, mail.html) == ("Verify your email for Acme Notes", Renderer().render(claimed(), FULL).html)
    assert text.body == Renderer().render_text(claimed("signin-passwordless-sms"), FULL).body
    [told, _] = events
    assert told == {
        "event": "mail.template_unusable",
        "log_level": "warning",
        "file": "en/email-verify/body.html",
        "line": line,
        "error": kind,
    }


@pytest.mark.parametrize(("html", "line", "kind"), BROKEN.values(), ids=BROKEN)
def test_a_broken_template_is_found_before_any_letter(tmp_path: Path, html: str, line: int, kind: str) -> None:
    """By file and line; what is no template of ours, and what may be missing, is no fault."""
    write(tmp_path, "en/email-verify", subject="{{ product }}", html=html)
    write(tmp_path, "de/email-verify", subject="x", html="{% include 'footer.html' ignore missing %}{{ link }}")
    write(tmp_path, ".old/email-verify", subject="x", html=html)
    (tmp_path / "en" / "email-verify" / "notes.md").write_text("{{")
    [fault] = OwnTemplates(tmp_path).faults()
    assert (fault.file, fault.line, fault.kind) == ("en/email-verify/body.html", line, kind)


def test_an_edited_template_shows_in_the_next_letter(tmp_path: Path) -> None:
    """Nobody restarts a server for a comma."""
    renderer = Renderer(folders=[tmp_path])
    for words in ("first", "second"):
        write(tmp_path, "en/email-verify", subject="x", html=f"<p>{words}</p>")
        assert renderer.render(claimed(), FULL).html == f"<p>{words}</p>"


def test_theirs_may_extend_our_layout(tmp_path: Path) -> None:
    """Which takes direction and language from the locale that was found."""
    page = '{% extends "layout.html" %}{% block title %}x{% endblock %}'
    write(tmp_path, "ar/email-verify", subject="x", html=page)
    assert '<html lang="ar" dir="rtl">' in Renderer(folders=[tmp_path]).render(claimed(locale="ar-EG"), FULL).html


def test_locales_are_ours_and_theirs(tmp_path: Path) -> None:
    """A folder that is no locale is none."""
    write(tmp_path, "nl/email-verify", subject="x", html="x")
    write(tmp_path, "fr/email-verify", subject="x", html="x")
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text("x")
    assert Renderer(folders=[tmp_path]).locales() == [*LOCALES, "nl"]
