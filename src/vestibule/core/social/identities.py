"""Who somebody is to a provider: made fit for the database, kept with a user, found again by issuer and subject."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.social import store
from vestibule.core.social.model import ExternalIdentity, ProviderSession, Vouched
from vestibule.core.social.store import IdentityRow
from vestibule.core.social.words import is_issuer, is_subject, shown_name, shown_picture
from vestibule.core.users import EmailAddress, parse_email
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import IdentityTaken, InvalidEmail, ProviderProfileFailed
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring, UnknownRootKey
from vestibule.kernel.secret import Secret
from vestibule.storage import Queries

_SEALED: Final = "provider session"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody as a provider knows them, in a form that can be relied on; `address` is parsed."""

    identity: ExternalIdentity
    address: EmailAddress | None
    session: ProviderSession | None


def stranger_of(vouched: Vouched) -> Stranger:
    """Return who it is, with a name and a picture that can be shown, or none.

    Raises: ProviderProfileFailed without an issuer or a subject, or with an address that is none.
    """
    identity = vouched.identity
    if not is_issuer(identity.issuer) or not is_subject(identity.subject):
        raise ProviderProfileFailed
    try:
        address = parse_email(identity.email) if identity.email else None
    except InvalidEmail as error:
        raise ProviderProfileFailed from error
    shown = replace(identity, name=shown_name(identity.name), picture=shown_picture(identity.picture))
    return Stranger(shown, address, vouched.session)


class _Sealed(msgspec.Struct, frozen=True, omit_defaults=True):
    access_token: str
    expires_at: datetime | None = None
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True)
class SealProviderSession:
    """Encrypts what the application may call a provider with, bound to the identity that it belongs to."""

    keyring: Keyring

    def __call__(self, project_id: ProjectId, identity_id: UUID, session: ProviderSession) -> bytes:
        """Return the session, sealed."""
        refresh = session.refresh_token.reveal() if session.refresh_token else None
        plain = msgspec.json.encode(_Sealed(session.access_token.reveal(), session.expires_at, refresh))
        return self.keyring.seal(_SEALED, plain, _context(project_id, identity_id))

    def open(self, project_id: ProjectId, identity_id: UUID, sealed: bytes) -> ProviderSession | None:
        """Return the session; None where the root key that sealed it is gone."""
        try:
            plain = self.keyring.open(_SEALED, sealed, _context(project_id, identity_id))
        except UnknownRootKey:
            return None
        read = msgspec.json.decode(plain, type=_Sealed)
        return ProviderSession(
            access_token=Secret(read.access_token),
            expires_at=read.expires_at,
            refresh_token=None if read.refresh_token is None else Secret(read.refresh_token),
        )


def _context(project_id: ProjectId, identity_id: UUID) -> bytes:
    return project_id.bytes + identity_id.bytes


@dataclass(frozen=True, slots=True)
class KeepIdentity:
    """Writes identities, in the caller's transaction, which holds the user."""

    clock: Clock
    entropy: Entropy
    seal: SealProviderSession
    audit: AuditLog

    async def find(self, db: Queries, project_id: ProjectId, identity: ExternalIdentity) -> IdentityRow | None:
        """Return the row of this issuer and subject; None where nobody has it."""
        return await db.one(store.BY_SUBJECT, project_id=project_id, issuer=identity.issuer, subject=identity.subject)

    async def add(self, tx: Queries, visit: Visit, user_id: UUID, who: Stranger, *, is_used: bool) -> UUID:
        """Link the identity to the user; `is_used` where they come in by it now. Raises: IdentityTaken."""
        project_id, identity = visit.project.id, who.identity
        now = self.clock.now()
        identity_id = new_uuid7(self.entropy, to_micros(now))
        added = await tx.one(
            store.INSERT,
            project_id=project_id,
            id=identity_id,
            user_id=user_id,
            provider=identity.provider,
            issuer=identity.issuer,
            subject=identity.subject,
            email=None if who.address is None else who.address.text,
            now=now,
            last_used_at=now if is_used else None,
            tokens=self._sealed(project_id, identity_id, who),
        )
        if added is None:
            raise IdentityTaken
        entry = AuditEntry(
            project_id,
            "identity.linked",
            user_id,
            dialect=visit.dialect,
            request_id=visit.request_id,
            detail={"identity": str(identity_id), "provider": identity.provider},
        )
        await self.audit.record(tx, entry)
        return identity_id

    async def use(self, tx: Queries, project_id: ProjectId, known: IdentityRow, who: Stranger) -> bool:
        """Record that the user came in by it; False where it was unlinked this moment."""
        written = await tx.run(
            store.USED,
            project_id=project_id,
            id=known.id,
            user_id=known.user_id,
            email=None if who.address is None else who.address.text,
            tokens=self._sealed(project_id, known.id, who),
            now=self.clock.now(),
        )
        return written == 1

    def _sealed(self, project_id: ProjectId, identity_id: UUID, who: Stranger) -> bytes | None:
        return None if who.session is None else self.seal(project_id, identity_id, who.session)
