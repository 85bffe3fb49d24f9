"""Who wants a code by mail, and whether the project lets them: what signing in and signing up share."""

from dataclasses import dataclass, field, replace

from vestibule.core.letters import CodeForm
from vestibule.core.mailed import Newcomer
from vestibule.core.projects import Policy
from vestibule.core.redirects import allowed_target
from vestibule.core.users import UserOptions, chosen_options, parse_email, refuse_address_outside_lists
from vestibule.kernel.errors import EndpointDisabled


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCodeWish:
    """Somebody wants to come in by a code that is mailed to this address.

    `redirect_to` is where they say they are going, for the letter; `options` count for who is new.
    """

    email: str
    form: CodeForm
    redirect_to: str | None = None
    options: UserOptions = field(default_factory=UserOptions)


def refuse_unless_enabled(policy: Policy) -> None:
    """Raises: EndpointDisabled where the project has no codes by mail."""
    if not policy.email_codes_enabled:
        raise EndpointDisabled


def admitted(policy: Policy, wish: EmailCodeWish) -> Newcomer[CodeForm]:
    """Return the wish if its address, target and options may come.

    Raises: InvalidEmail, EmailRefused, RedirectNotAllowed, RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge.
    """
    address = parse_email(wish.email)
    refuse_address_outside_lists(policy, address)
    form = replace(wish.form, redirect_to=allowed_target(policy, wish.redirect_to))
    return Newcomer(address, chosen_options(policy, wish.options, address.text), form)
