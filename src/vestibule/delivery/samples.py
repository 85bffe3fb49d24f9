"""Every template in every language with made-up values, for whoever writes or translates one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, get_args
from uuid import UUID

import msgspec

from vestibule.core.outbox import Claimed, MailVariables, SecurityEvent, TemplateName
from vestibule.delivery.render import Renderer
from vestibule.delivery.texts import TEXT_TEMPLATES
from vestibule.delivery.unusable import TemplateUnusable

_TEMPLATES: Final[tuple[TemplateName, ...]] = get_args(TemplateName)
_EVENTS: Final[tuple[SecurityEvent, ...]] = get_args(SecurityEvent)
_CODE: Final = "482913"


@dataclass(frozen=True, slots=True)
class Sample:
    """One rendered template. A text message has no `html`; `folder` is empty for our own; `problem` replaces all."""

    template: str
    locale: str
    subject: str = ""
    html: str = ""
    text: str = ""
    written_in: str = ""
    folder: str = ""
    problem: str = ""


class Samples:
    """Renders on demand, so that an edited template shows with the next look at it."""

    def __init__(self, renderer: Renderer, *, product: str, public_url: str) -> None:
        self._renderer = renderer
        self._variables = MailVariables(
            product=product,
            link=f"{public_url}/verify?ticket=a-sample&redirectTo=https%3A%2F%2Facme.example",
            ticket="a-sample",
            redirect_to="https://acme.example",
            email="ada@example.com",
            new_email="ada@new.example",
            display_name="Ada Lovelace",
            server_url=public_url,
            client_url="https://acme.example",
            code=_CODE,
        )

    @property
    def templates(self) -> Sequence[str]:
        """The names of all templates."""
        return _TEMPLATES

    def locales(self) -> Sequence[str]:
        """Return our languages and the operator's."""
        return self._renderer.locales()

    def events(self, template: str) -> Sequence[str]:
        """Return what `template` tells one of; empty for most."""
        return _EVENTS if template == "security-changed" else ()

    def sample(self, template: str, locale: str, event: str = "") -> Sample | None:
        """Return the template as somebody with this locale would get it; None when there is no such template."""
        if template not in _TEMPLATES or locale not in self.locales():
            return None
        try:
            return self._rendered(template, locale, event)
        except Exception as error:  # noqa: BLE001 - who looks at a template wants to see what is wrong with it
            problem = str(error) if isinstance(error, TemplateUnusable) else f"{type(error).__name__}: {error}"
            return Sample(template, locale, problem=problem)

    def _rendered(self, template: str, locale: str, event: str) -> Sample:
        claimed = Claimed(
            project_id=UUID(int=0),
            id=UUID(int=0),
            channel="sms" if template in TEXT_TEMPLATES else "email",
            template=template,
            locale=locale,
            recipient="ada@example.com",
            payload=None,
            attempts=1,
            created_at=datetime.fromtimestamp(0, UTC),
        )
        given = {"locale": locale, "event": event if event in _EVENTS else _EVENTS[0]}
        if template == "signin-otp":
            given |= {"link": "", "ticket": _CODE}
        variables = msgspec.structs.replace(self._variables, **given)
        fill = self._renderer.text_letter if template in TEXT_TEMPLATES else self._renderer.letter
        letter = fill(claimed, variables)
        return Sample(
            template,
            locale,
            subject=letter.subject,
            html=letter.html,
            text=letter.text,
            written_in=letter.locale,
            folder=str(letter.folder or ""),
        )
