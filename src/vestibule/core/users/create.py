"""Creates a user with a primary email address, or refuses because the address is taken."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from vestibule.core.projects import Policy
from vestibule.core.users import store
from vestibule.core.users.addresses import EmailAddress
from vestibule.core.users.rules import ChosenOptions, gravatar_url, metadata_within
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import EmailTaken, UsernameTaken
from vestibule.kernel.ids import CredentialId, ProjectId, UserId
from vestibule.storage import Json, Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What only some doors know of a user. `identity` holds the personal fields that erasure removes."""

    username: str | None = None
    foreign_id: str | None = None
    avatar_url: str | None = None
    identity: dict[str, Any] = field(default_factory=dict)
    public_metadata: dict[str, Any] = field(default_factory=dict)
    secure_metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Everything a user row needs, already checked."""

    address: EmailAddress
    options: ChosenOptions
    password_hash: str | None = None
    verified_at: datetime | None = None
    status: str = "active"
    profile: Profile = Profile()


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Inserts user and credential in the caller's transaction."""

    clock: Clock
    entropy: Entropy

    async def __call__(
        self, tx: Queries, project_id: ProjectId, policy: Policy, new: NewUser
    ) -> tuple[UserId, CredentialId]:
        """Return the ids of the new user and credential. Raises: EmailTaken, UsernameTaken, MetadataTooLarge."""
        now = self.clock.now()
        profile = new.profile
        metadata_within(policy, profile.public_metadata)
        metadata_within(policy, profile.secure_metadata)
        user_id = UserId(new_uuid7(self.entropy, to_micros(now)))
        credential_id = CredentialId(new_uuid7(self.entropy, to_micros(now)))
        avatar = gravatar_url(policy.gravatar, new.address) if profile.avatar_url is None else profile.avatar_url
        created = await tx.one(
            store.INSERT_USER,
            project_id=project_id,
            id=user_id,
            now=now,
            status=new.status,
            display_name=new.options.display_name,
            avatar_url=avatar,
            locale=new.options.locale,
            default_role=new.options.default_role,
            roles=Json(list(new.options.roles)),
            is_anonymous=False,
            username=profile.username,
            foreign_id=profile.foreign_id,
            profile=Json(profile.identity),
            metadata=None if new.options.metadata is None else Json(new.options.metadata),
            public_metadata=Json(profile.public_metadata),
            secure_metadata=Json(profile.secure_metadata),
        )
        if created is None:
            owner = await tx.one(store.CREDENTIAL_BY_EMAIL, project_id=project_id, email_key=new.address.key)
            raise UsernameTaken if owner is None else EmailTaken
        if await self._insert_credential(tx, project_id, credential_id, user_id, new, now) is None:
            raise EmailTaken
        return user_id, credential_id

    async def _insert_credential(
        self,
        tx: Queries,
        project_id: ProjectId,
        credential_id: CredentialId,
        user_id: UserId,
        new: NewUser,
        now: datetime,
    ) -> UUID | None:
        return await tx.one(
            store.INSERT_CREDENTIAL,
            project_id=project_id,
            id=credential_id,
            user_id=user_id,
            email=new.address.text,
            email_key=new.address.key,
            verified_at=new.verified_at,
            password_hash=new.password_hash,
            is_primary=True,
            now=now,
        )
