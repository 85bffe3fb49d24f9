"""The endpoints of the dialect, each with everything that can be wrong. `, ` in a name tells two legs of one apart."""

from collections.abc import Mapping
from typing import Final

from tests.dialects.nhost.matrix.access_tokens import ACCESS_TOKENS
from tests.dialects.nhost.matrix.anonymous import ANONYMOUS
from tests.dialects.nhost.matrix.codes import EMAIL_CODES
from tests.dialects.nhost.matrix.id_tokens import ID_TOKENS
from tests.dialects.nhost.matrix.identities import IDENTITIES
from tests.dialects.nhost.matrix.links import LINKS
from tests.dialects.nhost.matrix.passkeys import PASSKEYS
from tests.dialects.nhost.matrix.passwords import PASSWORDS
from tests.dialects.nhost.matrix.providers import PROVIDERS
from tests.dialects.nhost.matrix.sessions import SESSIONS
from tests.dialects.nhost.matrix.stage import Case
from tests.dialects.nhost.matrix.system import SYSTEM
from tests.dialects.nhost.matrix.texts import TEXT_CODES
from tests.dialects.nhost.matrix.totp import TOTP
from tests.dialects.nhost.matrix.verification import VERIFICATION

CASES: Final[Mapping[str, Case]] = {
    **PASSWORDS,
    **PASSKEYS,
    **TOTP,
    **SESSIONS,
    **VERIFICATION,
    **SYSTEM,
    **EMAIL_CODES,
    **TEXT_CODES,
    **LINKS,
    **ANONYMOUS,
    **ACCESS_TOKENS,
    **PROVIDERS,
    **ID_TOKENS,
    **IDENTITIES,
}
