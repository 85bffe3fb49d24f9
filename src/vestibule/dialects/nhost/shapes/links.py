"""Mailed links: asking for one, and what it brings."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vestibule.dialects.nhost.shapes.base import Body, CodeChallenge, Email, OptionsRedirectTo

LinkType = Literal["emailVerify", "emailConfirmChange", "signinPasswordless", "passwordReset"]


class MailLinkRequest(Body, frozen=True):
    """Asks for a mail with a link to this address."""

    email: Email
    options: OptionsRedirectTo = OptionsRedirectTo()
    code_challenge: CodeChallenge | UnsetType = UNSET


LinkText = Annotated[str, Meta(min_length=1)]


class VerifyQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The parameters of a mailed link. `type` is of no effect: the ticket says what it is for."""

    ticket: LinkText
    redirect_to: LinkText
    type: LinkType | None = None
    code_challenge: str | None = None


class VerifyForm(Body, frozen=True):
    """The same, sent by the button of the page that a mailed link can open."""

    ticket: LinkText
    redirect_to: LinkText
    code_challenge: str | None = None
