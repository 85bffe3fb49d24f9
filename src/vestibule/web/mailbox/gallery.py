"""The gallery of templates: each in each language as a small preview, and one at a time in full."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Final, Literal, Protocol

import msgspec

from vestibule.web.mailbox.pages import ROOM, with_links_outside

if TYPE_CHECKING:
    from jinja2 import Environment

Scheme = Literal["auto", "light", "dark"]

_QUERY: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_DECLARED: Final = re.compile(r"""(color-schemes?["']?\s*(?::|content=)\s*["']?)light dark""", re.IGNORECASE)
_MAX_EVENT: Final = 64


class Look(msgspec.Struct, frozen=True):
    """How templates are shown: `auto` is as the browser prefers; `event` chooses where a template tells one of."""

    scheme: Scheme = "auto"
    event: Annotated[str, msgspec.Meta(max_length=_MAX_EVENT)] = ""


class TemplateSample(Protocol):
    """One rendered template, as the pages show it."""

    @property
    def template(self) -> str:
        """Its name."""
        ...

    @property
    def locale(self) -> str:
        """The locale that was asked for."""
        ...

    @property
    def subject(self) -> str:
        """The subject line; empty for a text message."""
        ...

    @property
    def html(self) -> str:
        """A complete HTML document; empty for a text message."""
        ...

    @property
    def text(self) -> str:
        """The plain text; may be empty."""
        ...

    @property
    def written_in(self) -> str:
        """The locale in which it was found."""
        ...

    @property
    def folder(self) -> str:
        """The operator's folder it comes from; empty for our own."""
        ...

    @property
    def problem(self) -> str:
        """What is wrong with the template; it has nothing else then."""
        ...


class TemplateSource(Protocol):
    """Where the templates are."""

    @property
    def templates(self) -> Sequence[str]:
        """The names of all templates."""
        ...

    def locales(self) -> Sequence[str]:
        """Return every locale that somebody wrote in."""
        ...

    def events(self, template: str) -> Sequence[str]:
        """Return what `template` tells one of; empty for most."""
        ...

    def sample(self, template: str, locale: str, event: str = "") -> TemplateSample | None:
        """Return the template as rendered for a locale; None when there is none."""
        ...


class GalleryPages:
    """The grid, and the page of one template in one language."""

    def __init__(self, source: TemplateSource) -> None:
        self._source = source

    def grid(self, look: Look) -> str:
        """Return the page with all of them."""
        locales = self._source.locales()
        rows = [
            (template, [self._source.sample(template, locale) for locale in locales])
            for template in self._source.templates
        ]
        return self._environment.get_template("gallery.html").render(look=look, locales=locales, rows=rows)

    def page(self, template: str, locale: str, look: Look) -> str | None:
        """Return the page of one; None when there is none."""
        sample = self._source.sample(template, locale, look.event)
        if sample is None:
            return None
        return self._environment.get_template("template.html").render(
            look=look,
            sample=sample,
            templates=self._source.templates,
            locales=self._source.locales(),
            events=self._source.events(template),
        )

    def body(self, template: str, locale: str, look: Look) -> str | None:
        """Return the HTML of one, for a frame; None when there is none."""
        sample = self._source.sample(template, locale, look.event)
        if sample is None or not sample.html:
            return None
        return with_links_outside(_as_seen(sample.html, look.scheme))

    @cached_property
    def _environment(self) -> "Environment":
        # Imported on first use: the page exists while developing only.
        from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415

        return Environment(loader=FileSystemLoader(ROOM / "templates"), autoescape=True, auto_reload=False)


def _as_seen(html: str, scheme: Scheme) -> str:
    """Return `html` as a reader sees it who prefers `scheme`, whatever the browser at hand prefers."""
    if scheme == "auto":
        return html
    declared = _DECLARED.sub(rf"\g<1>{scheme}", html)
    return _QUERY.sub(lambda match: "(min-width:0)" if match[1].lower() == scheme else "(max-width:0)", declared)
