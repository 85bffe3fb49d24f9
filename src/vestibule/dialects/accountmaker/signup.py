"""Signing up: a user, an account that they own, a session, and a letter that proves the address."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from vestibule.core.facade import Core
from vestibule.core.letters import LetterForm
from vestibule.core.passwords import NewPassword, PasswordSignUp
from vestibule.core.projects import Client, Policy
from vestibule.core.signin import DoorTerms
from vestibule.core.users import Profile, UserOptions
from vestibule.dialects.accountmaker.client_settings import settings_of
from vestibule.dialects.accountmaker.clients import client_of, refuse_unless_enabled, visit_of
from vestibule.dialects.accountmaker.dialect import CLIENT_NAMED, SIGN_UPS, accountmaker
from vestibule.dialects.accountmaker.links import appended
from vestibule.dialects.accountmaker.results import Results
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.dialects.accountmaker.shapes import AuthenticationResult, IdentityBody, SignUpBody
from vestibule.dialects.accountmaker.tokens import ticket_text
from vestibule.kernel.errors import (
    EmailNotVerified,
    EmailRefused,
    EmailTaken,
    EndpointDisabled,
    InvalidEmail,
    InvalidTicket,
    PasswordLeaked,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    RedirectNotAllowed,
    SecondFactorUnavailable,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.kernel.secret import Secret
from vestibule.wire import Answer, Call

VERIFICATION_LIFE: Final = timedelta(hours=24)


@accountmaker.post(
    "/auth/sign-up",
    limit=SIGN_UPS,
    marks=[CLIENT_NAMED],
    tags=["sign up"],
    raises=[
        SignUpDisabled,
        EndpointDisabled,
        InvalidEmail,
        EmailRefused,
        EmailTaken,
        PasswordTooShort,
        PasswordLeaked,
        PasswordTooLong,
        PasswordTooWeak,
        RedirectNotAllowed,
        InvalidTicket,
        EmailNotVerified,
        UserNotActive,
        SecondFactorUnavailable,
        TooManyAttempts,
    ],
)
async def sign_up(
    body: SignUpBody, call: Call, core: Core, results: Results, settings: AccountMakerSettings
) -> Answer[AuthenticationResult]:
    """Register with email and password: makes a user and an account that they own, mails a link, and signs in.

    Where the application lets only verified addresses in, everything is made and mailed, and the answer is 403
    `email_unverified`: verify, then sign in.
    """
    visit = visit_of(call)
    client = client_of(visit)
    refuse_unless_enabled(client, "email_password")
    if body.invite_token is not None:
        raise InvalidTicket  # no invite was ever made here
    identity = body.identity or IdentityBody()
    new = PasswordSignUp(
        email=body.email,
        password=NewPassword(Secret(body.password), strong=True),
        options=UserOptions(display_name=identity.display_name or "", locale=_locale(visit.project.policy, body)),
        profile=Profile(avatar_url=identity.avatar_url, identity=_identity(body)),
        letter=verification_letter(client, settings, body.redirect_uri),
        always_send=True,
        account_name=body.account_name or identity.display_name or body.email.strip().partition("@")[0],
    )
    terms = DoorTerms(life=client.terms.refresh_life, in_account=True, scope=client.granted_scope(None))
    try:
        outcome = await core.sign_up_with_password(visit, new, terms)
    except UserNotActive as refusal:
        # Nobody has guessed anything here: whoever signs up may know that an operator must let them in.
        raise UserNotActive("suspended") from refusal
    if outcome.signed_in is None:
        raise EmailNotVerified
    return await results.signed_in(call, visit, outcome.signed_in)


def verification_letter(client: Client, settings: AccountMakerSettings, redirect_uri: str | None) -> LetterForm:
    """Return how this door writes a verification letter.

    The link leads to the page that the request names, if the client registers it; else to the client's own page,
    else to the endpoint itself. Raises: RedirectNotAllowed.
    """
    if redirect_uri is not None and redirect_uri not in client.redirect_uris:
        raise RedirectNotAllowed
    page = redirect_uri or settings_of(client).links.get("email_verification") or f"{settings.base}/auth/verify"
    return LetterForm(
        ticket_text=lambda secret: ticket_text(client, secret),
        link=lambda text: appended(page, "token", text),
        life=VERIFICATION_LIFE,
        redirect_to=redirect_uri or "",
        server_url=settings.base,
    )


def _identity(body: SignUpBody) -> dict[str, Any]:
    """Return the personal fields; name and picture are the core's own."""
    fields = msgspec.structs.asdict(body.identity or IdentityBody())
    fields["preferred_language"] = fields["preferred_language"] or body.preferred_language
    return {
        name: value
        for name, value in fields.items()
        if value is not None and name not in {"display_name", "avatar_url"}
    }


def _locale(policy: Policy, body: SignUpBody) -> str | None:
    """Return the language for letters: the tag itself where the application has it, else its primary language."""
    tag = body.preferred_language or (body.identity.preferred_language if body.identity else None)
    return tag if tag is None or tag in policy.allowed_locales else tag.partition("-")[0].lower()
