"""Coming in by a provider: the way there, the way back, and what travels in the redirects."""

from tests.dialects.nhost.factors import *  # noqa: F403 - placeholder
