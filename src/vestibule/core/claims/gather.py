"""Asks every source before a token is made. A token without claims that somebody's rights hang on is none at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from vestibule.core.claims.model import Claimant, ClaimsSource, SourceFailed
from vestibule.core.claims.rules import written_claims
from vestibule.kernel.errors import ClaimsUnavailable

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.claims")


@dataclass(frozen=True, slots=True)
class GatherClaims:
    """Returns the custom claims of a token; of two sources that name the same one, the later is believed.

    With `omit_on_failure` a token goes without any custom claim when a source fails: half of them could mean more
    than all. Call it outside transactions.
    """

    sources: tuple[ClaimsSource, ...]
    omit_on_failure: bool = False

    async def __call__(self, claimant: Claimant) -> Mapping[str, str]:
        """Return names and values, none of them reserved. Raises: ClaimsUnavailable."""
        gathered: dict[str, tuple[str, str]] = {}
        try:
            for source in self.sources:
                written = written_claims(await source.values(claimant))
                gathered |= {name.lower(): (name, text) for name, text in written.claims.items()}
                if written.reserved:
                    _log.warning("claims.reserved", project=claimant.project.public_id, names=written.reserved)
        except SourceFailed as failure:
            _log.error(
                "claims.failed",
                project=claimant.project.public_id,
                reason=str(failure),
                omitted=self.omit_on_failure,
            )
            if self.omit_on_failure:
                return {}
            raise ClaimsUnavailable from failure
        return dict(gathered.values())
