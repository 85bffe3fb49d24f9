"""Signing in with email and password, and asking what a login screen should offer."""

from uuid import UUID

from vestibule.core.facade import Core
from vestibule.core.passwords import PasswordAttempt
from vestibule.core.signin import DoorTerms
from vestibule.core.users import parse_email
from vestibule.dialects.accountmaker.client_settings import settings_of
from vestibule.dialects.accountmaker.clients import client_of, refuse_unless_enabled, visit_of
from vestibule.dialects.accountmaker.dialect import CLIENT_NAMED, CSRF_FREE, EMAIL_CHECKS, SIGN_INS, accountmaker
from vestibule.dialects.accountmaker.results import Results
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.dialects.accountmaker.shapes import (
    AuthenticationResult,
    CheckEmailBody,
    EmailStatus,
    LoginMethods,
    LoginMethodsBody,
    PasswordMethod,
    SignInBody,
)
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    EmailRefused,
    EndpointDisabled,
    InvalidCredentials,
    InvalidEmail,
    NotAMember,
    SecondFactorUnavailable,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.kernel.ids import unprefixed
from vestibule.kernel.secret import Secret
from vestibule.wire import Answer, Call

_NO_ACCOUNT = UUID(int=0)


@accountmaker.post(
    "/auth/sign-in",
    limit=SIGN_INS,
    marks=[CLIENT_NAMED],
    tags=["sign in"],
    raises=[
        InvalidCredentials,
        UserNotActive,
        EmailNotVerified,
        EmailRefused,
        AnonymousNotAllowed,
        SecondFactorUnavailable,
        TooManyAttempts,
        NotAMember,
        EndpointDisabled,
    ],
)
async def sign_in(body: SignInBody, call: Call, core: Core, results: Results) -> Answer[AuthenticationResult]:
    """Sign in with email and password; answers tokens and profile.

    A wrong password, an unknown address and one that is no address are refused alike.
    """
    visit = visit_of(call)
    client = client_of(visit)
    refuse_unless_enabled(client, "email_password")
    terms = DoorTerms(
        life=client.terms.refresh_life,
        in_account=True,
        # what is no id belongs to no account, which is told after the right password only
        account_id=None if body.account_id is None else unprefixed("acc", body.account_id) or _NO_ACCOUNT,
        scope=client.granted_scope(body.scope),
    )
    outcome = await core.sign_in_with_password(visit, PasswordAttempt(body.email, Secret(body.password)), terms)
    return await results.signed_in(call, visit, outcome)


@accountmaker.post(
    "/auth/check-email", limit=EMAIL_CHECKS, marks=[CLIENT_NAMED], tags=["sign in"], raises=[InvalidEmail]
)
async def check_email(body: CheckEmailBody, call: Call, core: Core) -> EmailStatus:
    """Tell whether an address is known and how its owner may sign in, for login screens in two steps.

    This tells strangers who is registered; the client setting `hide_email_existence` makes it answer alike for all.
    """
    visit = visit_of(call)
    settings = settings_of(client_of(visit))
    address = parse_email(body.email)
    subject = None
    if not settings.hide_email_existence:
        subject = await core.users.subject_by_email(core.db, visit.project.id, address.key)
        if subject is None or subject.status != "active":
            return EmailStatus("inactive", [], list(settings.enabled))
    known_password = subject is None or subject.has_password
    available = [method for method in settings.enabled if method != "email_password" or known_password]
    preferred = [method for method in settings.preferred_methods if method in available] or available[:1]
    return EmailStatus("active", list(preferred), list(available))


@accountmaker.post("/auth/login-methods", marks=[CLIENT_NAMED, CSRF_FREE], tags=["sign in"])
def login_methods(body: LoginMethodsBody | None, call: Call, settings: AccountMakerSettings) -> LoginMethods:  # noqa: ARG001 - declares the body
    """List the ways to sign in through a client, with their addresses."""
    visit = visit_of(call)
    if "email_password" not in settings_of(client_of(visit)).enabled:
        return LoginMethods()
    password = PasswordMethod("email_password", f"{settings.base}/auth/sign-in")
    if visit.project.policy.sign_up_enabled:
        password = PasswordMethod("email_password", password.submit_url, f"{settings.base}/auth/sign-up")
    return LoginMethods(password)
