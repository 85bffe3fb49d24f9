"""Every template in every language: none is forgotten, none is broken, and each says what it must."""

import unicodedata
from typing import Final, get_args

import msgspec
import pytest

from tests.support.letters import FULL, LINK, LINKED, MAILS, NOTICES, TEXTS, Tags, claimed
from vestibule.core.outbox import MailVariables, SecurityEvent
from vestibule.delivery.locales import LOCALES
from vestibule.delivery.messages import MailMessages, Messages, messages
from vestibule.delivery.render import Renderer
from vestibule.delivery.sandbox import BUILT_IN
from vestibule.delivery.sentences import names_in, needed_by
from vestibule.delivery.texts import segments

EVENTS: Final = get_args(SecurityEvent)
SCRIPTS: Final = {"ar": "ARABIC", "bg": "CYRILLIC", "ja": "HIRAGANA", "zh": "CJK"}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """One renderer for all: each language is read once."""
    return Renderer()


def test_the_languages_are_those_that_have_a_file() -> None:
    """Settings and documentation name them from the same list."""
    assert {path.stem for path in (BUILT_IN / "messages").iterdir()} == set(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_language_lacks_a_template_or_an_event(locale: str) -> None:
    """Whoever adds a template writes it in every language."""
    spoken, english = messages(locale), messages("en")
    assert set(spoken.mails) == set(MAILS)
    assert set(spoken.texts) == set(TEXTS)
    assert list(spoken.mails["security-changed"].events) == list(EVENTS)
    for template, mail in spoken.mails.items():
        assert filled_fields(mail) == filled_fields(english.mails[template]), template


def filled_fields(mail: MailMessages) -> set[str]:
    return {name for name, value in msgspec.structs.asdict(mail).items() if value}


@pytest.mark.parametrize("locale", LOCALES)
def test_sentences_show_what_they_can(locale: str) -> None:
    """Only values that exist, outside of brackets only those that are always there, and no bracket is left open."""
    for sentence in messages(locale).sentences():
        assert set(names_in(sentence)) <= {"product", "display_name", "recipient", "code"}
        assert set(needed_by(sentence)) <= {"recipient", "code"}
        assert sentence.count("[") == sentence.count("]")
        assert sentence.count("{") == sentence.count("}") == len(names_in(sentence))
        assert sentence == sentence.strip()
        assert unicodedata.is_normalized("NFC", sentence)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_subject_shows_nothing_that_a_user_chose(locale: str) -> None:
    """Only the product (security 115)."""
    for mail in messages(locale).mails.values():
        assert set(names_in(mail.subject)) <= {"product"}


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
def test_a_language_is_no_copy_of_another(locale: str) -> None:
    """A file that was copied to be translated later has its sentences in English."""
    same = set(sentences_of(messages(locale))) & set(sentences_of(messages("en")))
    assert same == set()


def sentences_of(spoken: Messages) -> list[str]:
    return [sentence for sentence in spoken.sentences() if sentence]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("template", MAILS)
def test_every_mail_in_every_language(renderer: Renderer, template: str, locale: str) -> None:
    """Subject, link and code, the language and direction it says it has, and a twin that says the same."""
    mail = renderer.render(claimed(template, locale), FULL)
    tags = Tags(mail.html)
    assert mail.subject
    assert "Acme Notes" in mail.subject
    assert tags.attributes["html"]["lang"].split("-")[0] == locale
    assert tags.attributes["html"]["dir"] == ("rtl" if locale == "ar" else "ltr")
    assert tags.links == ([LINK, LINK] if template in LINKED else [])
    assert (LINK in mail.text) == (template in LINKED)
    for part in (mail.html, mail.text):
        assert (FULL.code in part) == (template not in NOTICES)
        assert "bob@example.com" in part
        assert not any(sign in part for sign in ("{{", "{%", "{product", "{recipient", "[,", "[ "))
    assert not any(sign in mail.subject + mail.text for sign in "[]{}")
    if locale in SCRIPTS:
        assert any(unicodedata.name(sign, "").startswith(SCRIPTS[locale]) for sign in mail.subject + mail.text)
    bare = renderer.render(claimed(template, locale), MailVariables())
    assert bare.subject
    assert "  " not in bare.subject + bare.text
    assert not any(line.startswith((" ", ",")) for line in [bare.subject, *bare.text.splitlines()])


@pytest.mark.parametrize("locale", LOCALES)
def test_every_event_is_told(renderer: Renderer, locale: str) -> None:
    """Each by a sentence of its own."""
    told = set()
    for event in EVENTS:
        mail = renderer.render(claimed("security-changed", locale), msgspec.structs.replace(FULL, event=event))
        sentence = messages(locale).mails["security-changed"].events[event]
        assert sentence in mail.text
        assert sentence in mail.html
        told.add(sentence)
    assert len(told) == len(EVENTS)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("template", TEXTS)
def test_every_text_in_every_language_fits_one_segment(renderer: Renderer, template: str, locale: str) -> None:
    """With a product of usual length; it costs by the segment."""
    text = renderer.render_text(claimed(template, locale, "+15550100"), FULL)
    assert "482913" in text.body
    assert "Acme Notes" in text.body
    assert segments(text.body) == 1
    longest = renderer.render_text(claimed(template, locale), msgspec.structs.replace(FULL, product="я" * 999))
    assert "482913" in longest.body
