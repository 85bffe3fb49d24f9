"""Who wants a link, and whether the project lets them: what signing in and signing up share."""

from dataclasses import dataclass, field

from vestibule.core.letters import LetterForm
from vestibule.core.mailed import Newcomer
from vestibule.core.projects import Policy
from vestibule.core.users import UserOptions, chosen_options, parse_email, refuse_address_outside_lists
from vestibule.kernel.errors import EndpointDisabled


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWish:
    """Somebody wants to come in by a link that is mailed to this address; `options` count for who is new."""

    email: str
    letter: LetterForm
    options: UserOptions = field(default_factory=UserOptions)


def refuse_unless_enabled(policy: Policy) -> None:
    """Raises: EndpointDisabled where the project has no links."""
    if not policy.sign_in_links_enabled:
        raise EndpointDisabled


def admitted(policy: Policy, wish: LinkWish) -> Newcomer[LetterForm]:
    """Return the wish if its address and options may come.

    Raises: InvalidEmail, EmailRefused, RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge.
    """
    address = parse_email(wish.email)
    refuse_address_outside_lists(policy, address)
    return Newcomer(address, chosen_options(policy, wish.options, address.text), wish.letter)
