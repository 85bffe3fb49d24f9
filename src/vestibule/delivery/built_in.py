"""Our own letters: the sentences of a language in one frame for all."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from vestibule.delivery.letter import Letter
from vestibule.delivery.locales import LAST_RESORT, LOCALES, direction
from vestibule.delivery.messages import MailMessages, Messages, messages
from vestibule.delivery.sandbox import BUILT_IN, sandbox
from vestibule.delivery.sentences import fill

if TYPE_CHECKING:
    from jinja2 import Environment

_STRONG: Final = '<strong class="strong" dir="ltr" style="color:#18181b;font-weight:600;">{}</strong>'

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Said:
    """The sentences of one mail, filled: in HTML or in plain text."""

    preview: str
    heading: str
    greeting: str
    event: str
    paragraphs: tuple[str, ...]
    button: str
    code_label: str
    link_label: str
    ending: tuple[str, ...]


class BuiltIn:
    """Every template in every one of our languages; each language is read when the first letter is written in it."""

    def __init__(self) -> None:
        self._read: dict[str, Messages] = {}

    def letter(self, template: str, locales: Iterable[str], values: Values) -> Letter | None:
        """Return the mail in the first of `locales` that we have, else in English; None for an unknown template."""
        for locale, spoken in self._spoken(locales):
            if template in spoken.mails:
                return self._letter(locale, spoken, spoken.mails[template], values)
        return None

    def text(self, template: str, locales: Iterable[str], values: Values) -> Letter | None:
        """Return the text message, in the language that `letter` would choose; None for an unknown template."""
        for locale, spoken in self._spoken(locales):
            if template in spoken.texts:
                return Letter(locale, None, text=fill(spoken.texts[template].body, values))
        return None

    def _spoken(self, locales: Iterable[str]) -> Iterator[tuple[str, Messages]]:
        for locale in (*locales, LAST_RESORT):
            if locale in LOCALES:
                if locale not in self._read:
                    self._read[locale] = messages(locale)
                yield locale, self._read[locale]

    def _letter(self, locale: str, spoken: Messages, mail: MailMessages, values: Values) -> Letter:
        hidden = {"link": "", "code": ""} if mail.is_notice else {} if mail.button else {"link": ""}
        shown = {**values, **hidden}
        said = _said(spoken, mail, shown, lambda sentence: fill(sentence, shown))
        html = self._html(locale, spoken, mail, shown)
        return Letter(locale, None, subject=fill(mail.subject, shown), html=html, text=_text(said, shown))

    def _html(self, locale: str, spoken: Messages, mail: MailMessages, values: Values) -> str:
        from markupsafe import Markup, escape  # noqa: PLC0415 - comes with Jinja

        markup: dict[str, str] = {name: escape(value) for name, value in values.items()}
        markup["recipient"] = Markup(_STRONG).format(values["recipient"])  # noqa: S704 - format() escapes the value
        said = _said(spoken, mail, values, lambda sentence: Markup(fill(sentence, markup, escape)))  # noqa: S704 - escaped
        frame = {"product": values["product"], "language": spoken.tag, "direction": direction(locale)}
        return self._environment.get_template("letter.html").render(
            frame, said=said, link=values["link"], code=values["code"]
        )

    @cached_property
    def _environment(self) -> "Environment":
        return sandbox(BUILT_IN)


def _said(spoken: Messages, mail: MailMessages, values: Values, say: Callable[[str], str]) -> _Said:
    frame = spoken.frame
    has_link, has_code = bool(values["link"]), bool(values["code"])
    once = {(True, True): frame.both_once, (True, False): frame.link_once, (False, True): frame.code_once}
    ending = [frame.notice] if mail.is_notice else [once.get((has_link, has_code), ""), mail.ending]
    return _Said(
        preview=say(mail.preview),
        heading=say(mail.heading),
        greeting=say(frame.greeting),
        event=say(mail.events.get(values["event"], "")),
        paragraphs=tuple(say(sentence) for sentence in (mail.text, mail.advice) if sentence),
        button=say(mail.button),
        code_label=say(frame.or_code if has_link else frame.code),
        link_label=say(frame.link),
        ending=tuple(say(sentence) for sentence in ending if sentence),
    )


def _text(said: _Said, values: Values) -> str:
    blocks = [said.greeting, said.event, *said.paragraphs]
    if values["link"]:
        blocks.append(f"{said.button}\n{values['link']}")
    if values["code"]:
        blocks += [said.code_label, f"    {values['code']}"]
    blocks.append("\n".join(said.ending))
    return "\n\n".join(block for block in blocks if block) + "\n"
