"""`Core`: the use-cases a dialect may call. It decides nothing; it only says what there is."""

from dataclasses import dataclass

from vestibule.core.access_tokens import (
    CreateAccessToken,
    ListAccessTokens,
    RevokeAccessToken,
    RevokeOwnAccessToken,
    SignInWithAccessToken,
    SignOutEverywhere,
)
from vestibule.core.accounts import AccountDirectory
from vestibule.core.anonymous import Deanonymize, DeanonymizeByLink, SignInAnonymously
from vestibule.core.arrivals import SettleArrivals
from vestibule.core.audit import AuditLog
from vestibule.core.claims import GatherClaims
from vestibule.core.elevation import ElevationRule
from vestibule.core.email_codes import (
    ElevateWithEmailCode,
    RequestElevationEmail,
    RequestEmailCode,
    SignInWithEmailCode,
    SignUpWithEmailCode,
)
from vestibule.core.emails import RequestEmailChange, RequestVerification, VerifyEmail
from vestibule.core.links import RequestSignInLink, SignUpWithLink
from vestibule.core.outbox import Outbox
from vestibule.core.passkeys import (
    AddPasskey,
    ElevateWithPasskey,
    ListPasskeys,
    RemovePasskey,
    SignInWithPasskey,
    SignUpWithPasskey,
)
from vestibule.core.passwords import (
    ChangePassword,
    DeanonymizeWithPassword,
    ProvisionUser,
    RequestPasswordReset,
    ResetPassword,
    SignInWithPassword,
    SignUpWithPassword,
)
from vestibule.core.pkce import ExchangeCode
from vestibule.core.projects import Catalog, Registry, ServiceKeys
from vestibule.core.reaper import Reaper
from vestibule.core.sessions import ChangeStanding, LiveSessions, RefreshSession, RevokeSessions
from vestibule.core.signing import KeyRotation, KeySets
from vestibule.core.social import (
    ArriveFromProvider,
    DepartToProvider,
    EnterWithIdToken,
    LinkWithIdToken,
    ListIdentities,
    RefreshProviderSession,
    TakeProviderSession,
    UnlinkIdentity,
)
from vestibule.core.text_codes import (
    ChangePhone,
    ElevateWithTextCode,
    RequestElevationText,
    RequestNaming,
    RequestPhoneChange,
    RequestTextCode,
    SignInWithTextCode,
    SignUpWithTextCode,
)
from vestibule.core.texts import RemoteVerification, TextPostage
from vestibule.core.totp import SecondFactor
from vestibule.core.users import ChangeUser, UserDirectory
from vestibule.kernel.clock import Clock
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """Every use-case, ready to call; built once per process by the assembly."""

    custom_claims: GatherClaims | None  # None where nobody configured any: then nothing is to be asked
    db: Database
    clock: Clock
    keyring: Keyring
    catalog: Catalog
    registry: Registry
    service_keys: ServiceKeys
    key_sets: KeySets
    key_rotation: KeyRotation
    users: UserDirectory
    elevation: ElevationRule
    accounts: AccountDirectory
    audit: AuditLog
    outbox: Outbox
    text_postage: TextPostage
    remote_verification: RemoteVerification | None
    provision_user: ProvisionUser
    change_user: ChangeUser
    settle_arrivals: SettleArrivals
    sign_up_with_password: SignUpWithPassword
    sign_in_with_password: SignInWithPassword
    sign_up_with_passkey: SignUpWithPasskey
    sign_in_with_passkey: SignInWithPasskey
    add_passkey: AddPasskey
    elevate_with_passkey: ElevateWithPasskey
    list_passkeys: ListPasskeys
    remove_passkey: RemovePasskey
    second_factor: SecondFactor
    depart_to_provider: DepartToProvider
    arrive_from_provider: ArriveFromProvider
    enter_with_id_token: EnterWithIdToken
    link_with_id_token: LinkWithIdToken
    linked_identities: ListIdentities
    unlink_identity: UnlinkIdentity
    take_provider_session: TakeProviderSession
    refresh_provider_session: RefreshProviderSession
    sign_in_anonymously: SignInAnonymously
    deanonymize: Deanonymize
    deanonymize_with_password: DeanonymizeWithPassword
    deanonymize_by_link: DeanonymizeByLink
    deanonymize_by_text: RequestNaming
    create_access_token: CreateAccessToken
    sign_in_with_access_token: SignInWithAccessToken
    list_access_tokens: ListAccessTokens
    revoke_access_token: RevokeAccessToken
    revoke_own_access_token: RevokeOwnAccessToken
    sign_out_everywhere: SignOutEverywhere
    refresh_session: RefreshSession
    live_sessions: LiveSessions
    revoke_sessions: RevokeSessions
    change_standing: ChangeStanding
    change_password: ChangePassword
    request_password_reset: RequestPasswordReset
    reset_password: ResetPassword
    request_verification: RequestVerification
    request_email_change: RequestEmailChange
    verify_email: VerifyEmail
    request_email_code: RequestEmailCode
    sign_up_with_email_code: SignUpWithEmailCode
    sign_in_with_email_code: SignInWithEmailCode
    request_elevation_email: RequestElevationEmail
    elevate_with_email_code: ElevateWithEmailCode
    request_text_code: RequestTextCode
    sign_up_with_text_code: SignUpWithTextCode
    sign_in_with_text_code: SignInWithTextCode
    request_elevation_text: RequestElevationText
    elevate_with_text_code: ElevateWithTextCode
    request_phone_change: RequestPhoneChange
    change_phone: ChangePhone
    request_sign_in_link: RequestSignInLink
    sign_up_with_link: SignUpWithLink
    exchange_code: ExchangeCode
    reaper: Reaper
