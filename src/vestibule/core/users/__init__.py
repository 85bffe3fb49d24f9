"""Users: who exists, whether they may come in, and what each door knows about them."""

from vestibule.core.users.addresses import EmailAddress, parse_email
from vestibule.core.users.change import ChangeUser, UserChange, UserChanged
from vestibule.core.users.create import CreateUser, NewUser, Profile
from vestibule.core.users.directory import UserDirectory
from vestibule.core.users.rules import (
    ChosenOptions,
    UserOptions,
    chosen_options,
    metadata_within,
    refuse_address_outside_lists,
    refuse_unless_active,
    refuse_unless_welcome,
)
from vestibule.core.users.store import TOTP, CredentialRow, Subject, UserRow

__all__ = [
    "TOTP",
    "ChangeUser",
    "ChosenOptions",
    "CreateUser",
    "CredentialRow",
    "EmailAddress",
    "NewUser",
    "Profile",
    "Subject",
    "UserChange",
    "UserChanged",
    "UserDirectory",
    "UserOptions",
    "UserRow",
    "chosen_options",
    "metadata_within",
    "parse_email",
    "refuse_address_outside_lists",
    "refuse_unless_active",
    "refuse_unless_welcome",
]
