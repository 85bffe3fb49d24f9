"""Identities at somebody else's: signing in with a provider, linking one, unlinking it."""
