"""Templates and variables in, a mail out. Also for templates that operators bring, hence the sandbox.

Security: values are escaped in HTML, are single lines of bounded length everywhere, and the subject is never given
anything that a user chose.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from vestibule.core.outbox import Claimed, MailVariables, one_line
from vestibule.delivery.mail import Mail
from vestibule.delivery.texts import Text, text_body

if TYPE_CHECKING:
    from jinja2 import Environment

_LAST_RESORT: Final = "en"  # always there: a mail in the wrong language beats none
_BUILT_IN: Final = Path(__file__).parent / "templates"
# Of locales and templates; never a path.
_PLAIN_NAME: Final = re.compile(r"(?=.{1,64}$)[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
_WEB_LINK: Final = re.compile(r"https?://", re.IGNORECASE)
# Mail programs turn these into links, so that a display name could send people anywhere.
_LINK_LIKE: Final = re.compile(r"[/\\@:]|\w\.\w\w|www\.", re.IGNORECASE)
_RIGHT_TO_LEFT: Final = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

_MAX_LINK: Final = 8192
_MAX_NAME: Final = 64
_MAX_ADDRESS: Final = 320
_MAX_VALUE: Final = 2048
_MAX_SUBJECT: Final = 200
_LIMITS: Final = {
    "product": _MAX_NAME,
    "link": _MAX_LINK,
    "redirect_to": _MAX_LINK,
    "email": _MAX_ADDRESS,
    "new_email": _MAX_ADDRESS,
}


class TemplateMissing(Exception):
    """No folder has this template, not even in the default locale."""


@dataclass(frozen=True, slots=True)
class _Found:
    environment: "Environment"
    locale: str
    folder: Path
    name: str


class Renderer:
    """Finds and fills templates `<folder>/<locale>/<template>/{subject.txt,body.html,body.txt}`.

    The first folder that has the template in any fitting locale wins; the built-in one comes last. Within a folder the
    exact locale is preferred, then its language, then the same of the default locale, then English.
    """

    def __init__(self, default_locale: str = "en", folders: Sequence[Path] = ()) -> None:
        self._default_locale = default_locale
        self._folders = (*folders, _BUILT_IN)

    def render(self, claimed: Claimed, variables: MailVariables) -> Mail:
        """Return the mail that `claimed` stands for.

        Raises: TemplateMissing, jinja2.TemplateError (an operator's template is wrong).
        """
        found = self._find(claimed.template, claimed.locale, "body.html", "subject.txt")
        shown = _shown(variables)
        language = found.locale.partition("-")[0].partition("_")[0].lower()
        frame = {
            "product": shown["product"],
            "language": found.locale.replace("_", "-"),
            "direction": "rtl" if language in _RIGHT_TO_LEFT else "ltr",
        }
        subject = self._fill(found, "subject.txt", frame)
        return Mail(
            id=claimed.id,
            template=claimed.template,
            recipient=claimed.recipient,
            subject=one_line(" ".join(subject.split()), _MAX_SUBJECT),
            html=self._fill(found, "body.html", frame | shown),
            text=self._fill(found, "body.txt", frame | shown).strip() + "\n" if _has(found, "body.txt") else "",
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
        """Return the text message that `claimed` stands for.

        Raises: TemplateMissing, jinja2.TemplateError (an operator's template is wrong).
        """
        found = self._find(claimed.template, claimed.locale, "body.txt")
        return Text(
            id=claimed.id,
            template=claimed.template,
            recipient=claimed.recipient,
            body=text_body(self._fill(found, "body.txt", _shown(variables))),
            created_at=claimed.created_at,
        )

    def _find(self, template: str, locale: str, *files: str) -> _Found:
        for position, folder in enumerate(self._folders):
            for candidate in self._candidates(locale):
                home = folder / candidate / template
                if _PLAIN_NAME.fullmatch(template) and all((home / file).is_file() for file in files):
                    return _Found(self._environments[position], candidate, folder, f"{candidate}/{template}")
        raise TemplateMissing(f"no template {one_line(template, _MAX_NAME)}")

    def _candidates(self, locale: str) -> Iterator[str]:
        for wanted in (locale, self._default_locale):
            if _PLAIN_NAME.fullmatch(wanted):
                yield wanted
                yield re.split("[-_]", wanted)[0].lower()
        yield _LAST_RESORT

    @cached_property
    def _environments(self) -> list["Environment"]:
        # Imported on first use: a server that sends no mail does not pay for it.
        from jinja2 import FileSystemLoader, select_autoescape  # noqa: PLC0415
        from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

        return [
            ImmutableSandboxedEnvironment(
                loader=FileSystemLoader([folder, _BUILT_IN]),
                autoescape=select_autoescape(("html",)),
                auto_reload=False,
                trim_blocks=False,
            )
            for folder in self._folders
        ]

    @staticmethod
    def _fill(found: _Found, file: str, values: dict[str, str]) -> str:
        return found.environment.get_template(f"{found.name}/{file}").render(values)


def _has(found: _Found, file: str) -> bool:
    return (found.folder / found.name / file).is_file()


def _shown(variables: MailVariables) -> dict[str, str]:
    shown = {
        name: one_line(value, _LIMITS.get(name, _MAX_VALUE))
        for name, value in msgspec.structs.asdict(variables).items()
    }
    if not _WEB_LINK.match(shown["link"]):  # escaping alone would let javascript: through
        shown["link"] = ""
    shown["display_name"] = "" if _LINK_LIKE.search(shown["display_name"]) else shown["display_name"][:_MAX_NAME]
    return shown
