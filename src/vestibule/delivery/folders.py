"""Templates that an operator brings, in our syntax or in Nhost's: `<folder>/<locale>/<template>/<file>`.

A mail is subject.txt, body.html and perhaps body.txt; a text message is body.txt. Files are read for each letter, so
that an edited template shows in the next one. `faults` finds what can be known to be wrong before any letter.
"""

import html
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vestibule.delivery.letter import Letter
from vestibule.delivery.locales import direction, is_plain_name
from vestibule.delivery.placeholders import fill_placeholders, is_jinja, nhost_values
from vestibule.delivery.sandbox import BUILT_IN, needed_templates, sandbox
from vestibule.delivery.unusable import TemplateUnusable, blaming

if TYPE_CHECKING:
    from jinja2 import Environment

_SUBJECT: Final = "subject.txt"
_HTML: Final = "body.html"
_TEXT: Final = "body.txt"
_FILES: Final = frozenset({_SUBJECT, _HTML, _TEXT})

Values = Mapping[str, str]


class OwnTemplates:
    """The templates in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def letter(self, template: str, locales: Iterable[str], values: Values) -> Letter | None:
        """Return the mail in the first of `locales` that has the template; None when none has it.

        Raises: TemplateUnusable.
        """
        home = self._home(template, locales, _SUBJECT, _HTML)
        if home is None:
            return None
        body = self._filled(home / _HTML, values)
        return Letter(
            home.parent.name,
            self._folder,
            subject=self._subject(home / _SUBJECT, values),
            html=body,
            text=self._text(home / _TEXT, values, body),
        )

    def text(self, template: str, locales: Iterable[str], values: Values) -> Letter | None:
        """Return the text message in the first of `locales` that has the template; None when none has it.

        Raises: TemplateUnusable.
        """
        home = self._home(template, locales, _TEXT)
        if home is None:
            return None
        return Letter(home.parent.name, self._folder, text=self._filled(home / _TEXT, values))

    def locales(self) -> list[str]:
        """Return the names of the folders that look like locales."""
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir() and is_plain_name(path.name))

    def faults(self) -> list[TemplateUnusable]:
        """Return what is wrong with the templates in the folder, before any is filled."""
        return list(self._faults())

    def _faults(self) -> Iterator[TemplateUnusable]:
        for path in sorted(self._folder.glob("*/*/*")):
            if path.name in _FILES and all(map(is_plain_name, path.parts[-3:-1])):
                try:
                    self._compile(path)
                except TemplateUnusable as fault:
                    yield fault

    def _compile(self, path: Path) -> None:
        with blaming(path, self._name(path)):
            source = path.read_text("utf-8-sig")
            if is_jinja(source):
                self._environment.get_template(self._name(path))
        if is_jinja(source):
            for line, needed in needed_templates(self._environment, source):
                with blaming(path, self._name(path), line):
                    self._environment.get_template(needed)

    def _home(self, template: str, locales: Iterable[str], *files: str) -> Path | None:
        if not is_plain_name(template):
            return None
        homes = (self._folder / locale / template for locale in locales if is_plain_name(locale))
        return next((home for home in homes if all((home / file).is_file() for file in files)), None)

    def _subject(self, path: Path, values: Values) -> str:
        """Return the subject; ours shows nothing that a user chose, Nhost's what its own placeholders ask for."""
        with blaming(path, self._name(path)):
            source = path.read_text("utf-8-sig")
            if is_jinja(source):
                return self._environment.get_template(self._name(path)).render(_frame(path, values))
            return fill_placeholders(source, nhost_values(values, path.parent.parent.name))

    def _text(self, path: Path, values: Values, body: str) -> str:
        if path.is_file():
            return self._filled(path, values).strip() + "\n"
        from vestibule.delivery.twin import plain_twin  # noqa: PLC0415 - for templates without one only

        return plain_twin(body)

    def _filled(self, path: Path, values: Values) -> str:
        with blaming(path, self._name(path)):
            source = path.read_text("utf-8-sig")
            if is_jinja(source):
                return self._environment.get_template(self._name(path)).render({**values, **_frame(path, values)})
            plain = nhost_values(values, path.parent.parent.name)
            escaped = {name: html.escape(value) for name, value in plain.items()}
            return fill_placeholders(source, escaped if path.name == _HTML else plain)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    @cached_property
    def _environment(self) -> "Environment":
        return sandbox(self._folder, BUILT_IN)  # theirs may extend our layout


def _frame(path: Path, values: Values) -> dict[str, str]:
    locale = path.parent.parent.name
    return {"product": values["product"], "language": locale.replace("_", "-"), "direction": direction(locale)}
