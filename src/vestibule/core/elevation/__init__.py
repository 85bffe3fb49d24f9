"""Elevation (step-up): what a user who is signed in can prove themselves with again before a sensitive change."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from vestibule.core.elevation import store
from vestibule.core.projects import Project
from vestibule.core.users import Subject, UserDirectory
from vestibule.kernel.errors import ElevationRequired, UserNotFound
from vestibule.storage import Database

__all__ = ["ElevationMethod", "ElevationNeed", "ElevationRule"]

ElevationMethod: TypeAlias = Literal["webauthn", "totp", "email-otp", "sms-otp"]


@dataclass(frozen=True, slots=True)
class ElevationNeed:
    """Whether a user must prove themselves again before a sensitive change, and what they can do it with."""

    is_required: bool
    methods: tuple[ElevationMethod, ...]


@dataclass(frozen=True, slots=True)
class ElevationRule:
    """Decides who must prove themselves again."""

    db: Database
    users: UserDirectory

    async def need(self, project: Project, subject: Subject) -> ElevationNeed:
        """Return what the project asks of this user; in the mode `recommended` nobody is asked for what they lack."""
        methods = tuple(await self.methods(project, subject))
        mode = project.policy.elevation
        return ElevationNeed(mode == "required" or (mode == "recommended" and bool(methods)), methods)

    async def methods(self, project: Project, subject: Subject) -> list[ElevationMethod]:
        """Return what the user can prove themselves with now, the strongest first."""
        policy = project.policy
        found: list[ElevationMethod] = []
        if policy.webauthn.enabled and await self._has_passkey(project, subject.id):
            found.append("webauthn")
        if policy.mfa_enabled and subject.has_totp:
            found.append("totp")
        if policy.email_codes_enabled and subject.email is not None and subject.email_is_verified:
            found.append("email-otp")
        if policy.text_codes_enabled and subject.phone_number is not None and subject.phone_verified_at is not None:
            found.append("sms-otp")
        return found

    async def refuse_unless_elevated(
        self, project: Project, user_id: UUID, *, is_elevated: bool, may_enrol: bool = False
    ) -> None:
        """Refuse a session that is not elevated where the project wants one.

        `may_enrol` marks the endpoints where a first method is added: there, as everywhere in the mode `recommended`,
        a user without any method passes. Raises: ElevationRequired.
        """
        mode = project.policy.elevation
        if mode == "disabled" or is_elevated:
            return
        if mode == "recommended" or may_enrol:
            try:
                subject = await self.users.subject(self.db, project.id, user_id)
            except UserNotFound:
                return  # the endpoint says so in its own words
            if not await self.methods(project, subject):
                return
        raise ElevationRequired

    async def _has_passkey(self, project: Project, user_id: UUID) -> bool:
        return bool(await self.db.one(store.HAS_PASSKEY, project_id=project.id, user_id=user_id))
