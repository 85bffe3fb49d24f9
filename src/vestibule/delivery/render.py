"""Templates and variables in, a mail or a text message out.

Security: values are escaped in HTML, are single lines of bounded length everywhere, and the subject is never given
anything that a user chose, unless a template of Nhost's asks for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from vestibule.core.outbox import Claimed, MailVariables, one_line
from vestibule.delivery.built_in import BuiltIn
from vestibule.delivery.folders import OwnTemplates
from vestibule.delivery.letter import Letter
from vestibule.delivery.locales import LOCALES, fitting
from vestibule.delivery.mail import Mail
from vestibule.delivery.texts import Text, text_body
from vestibule.delivery.unusable import TemplateUnusable
from vestibule.delivery.values import shown_values

_MAX_SUBJECT: Final = 200
_MAX_NAME: Final = 64

Sources: TypeAlias = tuple[OwnTemplates | BuiltIn, ...]

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.delivery")


class TemplateMissing(Exception):
    """Nobody has this template, not even in the default locale."""


class Renderer:
    """Finds templates and fills them.

    An operator's folder that has the template in the wanted locale, its language, or the same of the default locale
    comes before ours; we know the template in each of our languages, and in English at last.
    """

    def __init__(self, default_locale: str = "en", folders: Sequence[Path] = ()) -> None:
        self._default_locale = default_locale
        self._folders = tuple(OwnTemplates(folder) for folder in folders)
        self._ours: Sources = (BuiltIn(),)
        self._sources: Sources = (*self._folders, *self._ours)

    def render(self, claimed: Claimed, variables: MailVariables) -> Mail:
        """Return the mail that `claimed` stands for; ours where the operator's template cannot be used.

        Raises: TemplateMissing.
        """
        shown = shown_values(claimed, variables)
        try:
            letter = self.letter(claimed, variables)
        except TemplateUnusable as broken:
            _tell(broken)
            letter = self._letter(self._ours, claimed, variables)
        return Mail(
            id=claimed.id,
            template=claimed.template,
            recipient=claimed.recipient,
            subject=letter.subject,
            html=letter.html,
            text=letter.text,
            link=shown["link"],
            ticket=shown["ticket"],
            code=shown["code"],
            created_at=claimed.created_at,
            headers={
                # Nhost's servers send these four, and test suites of their clients read them.
                "X-Ticket": shown["ticket"] or shown["code"],
                "X-Redirect-To": shown["redirect_to"],
                "X-Email-Template": claimed.template,
                "X-Link": shown["link"],
            },
        )

    def render_text(self, claimed: Claimed, variables: MailVariables) -> Text:
        """Return the text message that `claimed` stands for, as `render` does. Raises: TemplateMissing."""
        try:
            letter = self.text_letter(claimed, variables)
        except TemplateUnusable as broken:
            _tell(broken)
            letter = self._text_letter(self._ours, claimed, variables)
        return Text(
            id=claimed.id,
            template=claimed.template,
            recipient=claimed.recipient,
            body=letter.text,
            created_at=claimed.created_at,
        )

    def letter(self, claimed: Claimed, variables: MailVariables) -> Letter:
        """Return the mail without its envelope. Raises: TemplateMissing, TemplateUnusable."""
        return self._letter(self._sources, claimed, variables)

    def _letter(self, sources: Sources, claimed: Claimed, variables: MailVariables) -> Letter:
        wanted, shown = self._wanted(claimed), shown_values(claimed, variables)
        letter = _first(claimed, (source.letter(claimed.template, wanted, shown) for source in sources))
        return replace(letter, subject=one_line(" ".join(letter.subject.split()), _MAX_SUBJECT))

    def text_letter(self, claimed: Claimed, variables: MailVariables) -> Letter:
        """Return the text message without its envelope: no subject, no HTML. Raises: as `letter`."""
        return self._text_letter(self._sources, claimed, variables)

    def _text_letter(self, sources: Sources, claimed: Claimed, variables: MailVariables) -> Letter:
        wanted, shown = self._wanted(claimed), shown_values(claimed, variables)
        letter = _first(claimed, (source.text(claimed.template, wanted, shown) for source in sources))
        return replace(letter, text=text_body(letter.text))

    def locales(self) -> list[str]:
        """Return our languages and those that only an operator's folder has."""
        return list(dict.fromkeys([*LOCALES, *(locale for folder in self._folders for locale in folder.locales())]))

    def _wanted(self, claimed: Claimed) -> tuple[str, ...]:
        return tuple(fitting(claimed.locale, self._default_locale))


def _tell(broken: TemplateUnusable) -> None:
    # Not what the engine says, which may quote a value.
    _log.warning("mail.template_unusable", file=broken.file, line=broken.line, error=broken.kind)


def _first(claimed: Claimed, letters: Iterator[Letter | None]) -> Letter:
    letter = next((letter for letter in letters if letter is not None), None)
    if letter is None:
        raise TemplateMissing(f"no template {one_line(claimed.template, _MAX_NAME)}")
    return letter
