"""Creates a user with a primary email address, or refuses because the address is taken."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from vestibule.core.projects import Policy
from vestibule.core.users import store
from vestibule.core.users.addresses import EmailAddress
from vestibule.core.users.rules import ChosenOptions, gravatar_url, metadata_within
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import EmailTaken, PhoneTaken, UsernameTaken
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
    """Everything a user row needs, already checked.

    Users are found by an address, a phone number (E.164), or, while anonymous, by nothing. `id` was chosen before.
    """

    options: ChosenOptions
    address: EmailAddress | None = None
    phone_number: str | None = None
    is_anonymous: bool = False
    id: UserId | None = None
    password_hash: str | None = None
    verified_at: datetime | None = None
    status: str = "active"
    profile: Profile = Profile()


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Inserts user and credential, if there is an address, in the caller's transaction."""

    clock: Clock
    entropy: Entropy

    async def __call__(self, tx: Queries, project_id: ProjectId, policy: Policy, new: NewUser) -> UserId:
        """Return the id of the new user. Raises: EmailTaken, PhoneTaken, UsernameTaken, MetadataTooLarge."""
        now = self.clock.now()
        profile = new.profile
        metadata_within(policy, profile.public_metadata)
        metadata_within(policy, profile.secure_metadata)
        user_id = new.id or UserId(new_uuid7(self.entropy, to_micros(now)))
        avatar = profile.avatar_url
        if avatar is None:
            avatar = "" if new.address is None else gravatar_url(policy.gravatar, new.address)
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
            is_anonymous=new.is_anonymous,
            phone_number=new.phone_number,
            username=profile.username,
            foreign_id=profile.foreign_id,
            profile=Json(profile.identity),
            metadata=None if new.options.metadata is None else Json(new.options.metadata),
            public_metadata=Json(profile.public_metadata),
            secure_metadata=Json(profile.secure_metadata),
        )
        if created is None:
            await self._say_what_is_taken(tx, project_id, new)
        if new.address is not None:
            await self.add_address(
                tx,
                project_id,
                user_id,
                new.address,
                verified_at=new.verified_at,
                password_hash=new.password_hash,
            )
        return user_id

    async def add_address(
        self,
        tx: Queries,
        project_id: ProjectId,
        user_id: UUID,
        address: EmailAddress,
        *,
        verified_at: datetime | None = None,
        password_hash: str | None = None,
    ) -> CredentialId:
        """Give a user who has none a primary address. Raises: EmailTaken."""
        now = self.clock.now()
        credential_id = CredentialId(new_uuid7(self.entropy, to_micros(now)))
        added = await tx.one(
            store.INSERT_CREDENTIAL,
            project_id=project_id,
            id=credential_id,
            user_id=user_id,
            email=address.text,
            email_key=address.key,
            verified_at=verified_at,
            password_hash=password_hash,
            is_primary=True,
            now=now,
        )
        if added is None:
            raise EmailTaken
        return credential_id

    async def move_phone(self, tx: Queries, project_id: ProjectId, user_id: UUID, phone_number: str) -> None:
        """Let a user, whom the caller holds, have this number (E.164), which was proven. Raises: PhoneTaken.

        Whoever has it without a proof loses it: they typed it in, once, and nobody ever came in by it.
        """
        now = self.clock.now()
        subject = await tx.one(store.SUBJECT_BY_ID, project_id=project_id, user_id=user_id)
        if subject is None or subject.phone_number != phone_number:
            await tx.run(
                store.RELEASE_UNPROVEN_PHONE,
                project_id=project_id,
                phone_number=phone_number,
                user_id=user_id,
                now=now,
            )
            claim_id = new_uuid7(self.entropy, to_micros(now))
            claimed = await tx.one(
                store.CLAIM_PHONE,
                project_id=project_id,
                claim_id=claim_id,
                user_id=user_id,
                phone_number=phone_number,
            )
            if claimed is None:
                raise PhoneTaken
            await tx.one(store.DELETE_USER, project_id=project_id, user_id=claim_id)
        await tx.run(store.SET_PHONE, project_id=project_id, user_id=user_id, phone_number=phone_number, now=now)

    async def move_address(
        self, tx: Queries, project_id: ProjectId, user_id: UUID, credential_id: UUID, address: EmailAddress
    ) -> None:
        """Give a credential of the user another address, which was proven; its password stays. Raises: EmailTaken."""
        now = self.clock.now()
        claim_id = new_uuid7(self.entropy, to_micros(now))
        claimed = await tx.one(
            store.INSERT_CREDENTIAL,
            project_id=project_id,
            id=claim_id,
            user_id=user_id,
            email=address.text,
            email_key=address.key,
            verified_at=None,
            password_hash=None,
            is_primary=False,
            now=now,
        )
        if claimed is None:
            raise EmailTaken
        await tx.run(store.DROP_CLAIM, project_id=project_id, credential_id=claim_id)
        await tx.run(
            store.MOVE_CREDENTIAL,
            project_id=project_id,
            credential_id=credential_id,
            user_id=user_id,
            email=address.text,
            email_key=address.key,
            now=now,
        )

    async def _say_what_is_taken(self, tx: Queries, project_id: ProjectId, new: NewUser) -> NoReturn:
        if new.address is not None:
            owner = await tx.one(store.CREDENTIAL_BY_EMAIL, project_id=project_id, email_key=new.address.key)
            if owner is not None:
                raise EmailTaken
        if new.phone_number is not None:
            named = await tx.one(store.SUBJECT_BY_PHONE, project_id=project_id, phone_number=new.phone_number)
            if named is not None:
                raise PhoneTaken
        raise UsernameTaken
