"""Accounts and memberships: the team boundary that users reach through memberships."""

from vestibule.core.accounts.directory import AccountDirectory, chosen_membership
from vestibule.core.accounts.store import MembershipRow

__all__ = ["AccountDirectory", "MembershipRow", "chosen_membership"]
