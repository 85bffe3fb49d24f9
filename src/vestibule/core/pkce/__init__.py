"""Authorization codes (RFC 7636): a redirect carries one instead of a session, and only who asked for it can use it."""

from vestibule.core.pkce.exchange import AuthorizationCode, ExchangeCode, IssueCode, challenge_of

__all__ = ["AuthorizationCode", "ExchangeCode", "IssueCode", "challenge_of"]
