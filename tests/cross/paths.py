"""Every path to a token: how its proof is got before anything happens, and how it is presented afterwards.

A path may let somebody pass where its contract means it to; then the reason stands beside it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpx2

from tests.cross.doors import PASSWORD
from tests.cross.passkeys import add_passkey
from tests.cross.providers import by_form, by_query, come_back, id_token_of, with_id_token, with_provider_session
from tests.cross.scenes import STATES, Scene
from tests.cross.second_factor import OURS, turn_on, with_recovery_code, with_ticket
from tests.support.authenticator import Authenticator
from tests.support.second_factor import Application

Prove = Callable[[Scene], Awaitable[Any]]
Attempt = Callable[[Scene, Any], Awaitable[httpx2.Response]]


async def _nothing(_scene: Scene) -> None:
    return None


@dataclass(frozen=True)
class Path:
    """`works` is whether a user whom nothing has happened to comes in by it; `allows` maps states to reasons."""

    attempt: Attempt
    prove: Prove = _nothing
    works: bool = True
    allows: Mapping[str, str] = field(default_factory=dict)


async def _shown(scene: Scene, proof: tuple[str, Application]) -> httpx2.Response:
    ticket, application = proof
    return await scene.post("/signin/mfa/totp", {"ticket": ticket, "otp": application.fresh()})


async def _elevated(scene: Scene, application: Application) -> httpx2.Response:
    return await scene.post("/elevate/totp", {"otp": application.fresh()}, bearer=True)


async def _recovered(scene: Scene, proof: tuple[str, str]) -> httpx2.Response:
    return await scene.doors.nhost.send("POST", f"{OURS}/sign-in", dict(zip(("ticket", "code"), proof, strict=True)))


def hands_out_tokens(answer: httpx2.Response) -> bool:
    """Tell whether an answer holds a token, wherever it may be: body, cookie or the target of a redirect."""
    cookies = [line.partition("=")[2] for line in answer.headers.get_list("set-cookie")]
    target = answer.headers.get("location", "")
    return (
        "eyJ" in answer.text
        or "personalAccessToken" in answer.text
        or any(f"{name}=" in target for name in ("refreshToken", "code", "access_token"))
        or any(value and not value.startswith(";") for value in cookies)
    )


_NAMESAKE: Final = "the address is free there: whoever comes is somebody new"
_NEW_USER: Final = {"of another project": _NAMESAKE, "deleted": _NAMESAKE}
_KEPT: Final = {"anonymous": "anonymous users have sessions, and keep them"}


async def _verify_link(scene: Scene) -> str:
    return await scene.doors.nhost.reset_ticket(scene.email)


async def _new_passkey(scene: Scene) -> dict[str, Any]:
    options = await scene.asked("/signup/webauthn", {"email": scene.email})
    return {"credential": Authenticator().create(options)}


async def _passkey_for_sign_in(scene: Scene) -> dict[str, Any]:
    await add_passkey(scene.doors.nhost, scene.nhost)
    options = await scene.asked("/signin/webauthn", {"email": scene.email})
    return {"credential": scene.doors.nhost.authenticator.get(options)}


async def _passkey_for_elevation(scene: Scene) -> dict[str, Any]:
    await add_passkey(scene.doors.nhost, scene.nhost)
    options = await scene.asked("/elevate/webauthn", bearer=True)
    return {"credential": scene.doors.nhost.authenticator.get(options)}


async def _sign_in_link(scene: Scene) -> str:
    return await scene.doors.nhost.link_ticket(scene.email)


async def _code(scene: Scene) -> str:
    return await scene.doors.nhost.authorization_code(scene.email)


async def _access_token(scene: Scene) -> str:
    expires_at = (scene.running.clock.now() + timedelta(days=1)).isoformat()
    token: str = (await scene.asked("/pat", {"expiresAt": expires_at}, bearer=True))["personalAccessToken"]
    return token


async def _provider_tokens(scene: Scene, _: None) -> httpx2.Response:
    path = "/v1/signin/provider/github/callback/tokens"
    return await scene.doors.nhost.send("GET", path, authorization=f"Bearer {scene.nhost.access}")


async def _v5(scene: Scene, what: str, **body: str) -> httpx2.Response:
    path = f"/api/v5/{scene.doors.replyke.project.public_id}/auth/{what}"
    return await scene.doors.replyke.send("POST", path, body)


async def _mailed_code(scene: Scene) -> str:
    await scene.asked("/signin/otp/email", {"email": scene.email})
    return (await scene.running.mails())[0].code


async def _mailed_elevation(scene: Scene) -> str:
    await scene.asked("/elevate/otp/email", bearer=True)
    return (await scene.running.mails())[0].code


async def _texted_code(scene: Scene) -> str:
    await scene.give_number()
    await scene.asked("/signin/passwordless/sms", {"phoneNumber": scene.number})
    return (await scene.running.texts())[0].code


async def _texted_elevation(scene: Scene) -> str:
    await scene.give_number()
    await scene.asked("/elevate/otp/sms", bearer=True)
    return (await scene.running.texts())[0].code


PATHS: Final[Mapping[str, Path]] = {
    "nhost signInEmailPassword": Path(lambda scene, _: scene.doors.nhost.try_to_sign_in(scene.email, PASSWORD)),
    "nhost signUpEmailPassword": Path(
        lambda scene, _: scene.doors.nhost.ask_to_sign_up(scene.email, PASSWORD), works=False, allows=_NEW_USER
    ),
    "nhost refreshToken": Path(lambda scene, _: scene.doors.nhost.try_to_refresh(scene.nhost.refresh), allows=_KEPT),
    "nhost verifyTicket": Path(
        lambda scene, ticket: scene.doors.nhost.follow(ticket),
        _verify_link,
        allows={"unverified": "the link proves the address"},
    ),
    "nhost verifySignUpWebauthn": Path(
        lambda scene, proof: scene.post("/signup/webauthn/verify", proof),
        _new_passkey,
        works=False,
        allows={"deleted": _NAMESAKE},
    ),
    "nhost verifySignInWebauthn": Path(
        lambda scene, proof: scene.post("/signin/webauthn/verify", proof), _passkey_for_sign_in
    ),
    "nhost verifyElevateWebauthn": Path(
        lambda scene, proof: scene.post("/elevate/webauthn/verify", proof, bearer=True), _passkey_for_elevation
    ),
    "nhost verifySignInMfaTotp": Path(_shown, with_ticket),
    "nhost elevateTotp": Path(_elevated, turn_on),
    "nhost signInWithRecoveryCode": Path(_recovered, with_recovery_code),
    "nhost verifySignInOTPEmail": Path(
        lambda scene, code: scene.post("/signin/otp/email/verify", {"email": scene.email, "otp": code}),
        _mailed_code,
        allows={"unverified": "the code proves the address"},
    ),
    "nhost verifySignInPasswordlessSms": Path(
        lambda scene, code: scene.post("/signin/passwordless/sms/otp", {"phoneNumber": scene.number, "otp": code}),
        _texted_code,
    ),
    "nhost verifyElevateOTPEmail": Path(
        lambda scene, code: scene.post("/elevate/otp/email/verify", {"otp": code}, bearer=True), _mailed_elevation
    ),
    "nhost verifyElevateOTPSms": Path(
        lambda scene, code: scene.post("/elevate/otp/sms/verify", {"otp": code}, bearer=True), _texted_elevation
    ),
    "nhost confirmTicket": Path(
        lambda scene, ticket: scene.doors.nhost.press(ticket),
        _sign_in_link,
        allows={"unverified": "the link proves the address"},
    ),
    "nhost tokenExchange": Path(lambda scene, code: scene.doors.nhost.exchange(code), _code),
    "nhost signInAnonymous": Path(
        lambda scene, _: scene.post("/signin/anonymous"), allows=dict.fromkeys(STATES, "each time it is somebody new")
    ),
    "nhost signInPAT": Path(
        lambda scene, token: scene.post("/signin/pat", {"personalAccessToken": token}), _access_token
    ),
    "nhost signInProviderCallbackGet": Path(
        lambda scene, proof: come_back(scene, "github", proof), by_query, allows={"deleted": _NAMESAKE}
    ),
    "nhost signInProviderCallbackPost": Path(
        lambda scene, proof: come_back(scene, "apple", proof), by_form, allows={"deleted": _NAMESAKE}
    ),
    "nhost signInIdToken": Path(
        lambda scene, token: scene.post("/signin/idtoken", token), with_id_token, allows=_NEW_USER
    ),
    "nhost signUpIdToken": Path(
        lambda scene, _: scene.post("/signup/idtoken", id_token_of(scene)), works=False, allows=_NEW_USER
    ),
    "nhost getProviderTokens": Path(_provider_tokens, with_provider_session),
    "nhost refreshProviderToken": Path(
        lambda scene, _: scene.post("/token/provider/github", {"refreshToken": "rt"}, bearer=True),
        with_provider_session,
    ),
    "nhost createPAT": Path(lambda scene, _: scene.post("/pat", {"expiresAt": "2099-01-01T00:00:00Z"}, bearer=True)),
    "sublay v5_sign_in": Path(lambda scene, _: _v5(scene, "sign-in", email=scene.email, password=PASSWORD)),
    "sublay v6_sign_in": Path(lambda scene, _: scene.doors.replyke.try_to_sign_in(scene.email, PASSWORD)),
    "sublay v7_sign_in": Path(lambda scene, _: scene.doors.sublay.try_to_sign_in(scene.email, PASSWORD)),
    "sublay v5_sign_up": Path(
        lambda scene, _: _v5(scene, "sign-up", email=scene.email, password=PASSWORD), works=False, allows=_NEW_USER
    ),
    "sublay v6_sign_up": Path(
        lambda scene, _: scene.doors.replyke.ask_to_sign_up(scene.email, PASSWORD), works=False, allows=_NEW_USER
    ),
    "sublay v7_sign_up": Path(
        lambda scene, _: scene.doors.sublay.ask_to_sign_up(scene.email, PASSWORD), works=False, allows=_NEW_USER
    ),
    "sublay v5_request_new_access_token": Path(
        lambda scene, _: _v5(scene, "request-new-access-token", refreshToken=scene.held["replyke"].refresh),
        allows=_KEPT,
    ),
    "sublay v6_request_new_access_token": Path(
        lambda scene, _: scene.doors.replyke.try_to_refresh(scene.held["replyke"].refresh), allows=_KEPT
    ),
    "sublay v7_request_new_access_token": Path(
        lambda scene, _: scene.doors.sublay.try_to_refresh(scene.held["sublay"].refresh), allows=_KEPT
    ),
    "accountmaker sign_in": Path(lambda scene, _: scene.doors.accountmaker.try_to_sign_in(scene.email, PASSWORD)),
    "accountmaker sign_up": Path(
        lambda scene, _: scene.doors.accountmaker.ask_to_sign_up(scene.email, PASSWORD), works=False, allows=_NEW_USER
    ),
    "accountmaker refresh": Path(
        lambda scene, _: scene.doors.accountmaker.try_to_refresh(scene.held["accountmaker"].refresh), allows=_KEPT
    ),
}

# They redirect, and no token travels in it.
REDIRECT_WITHOUT_TOKENS: Final[Mapping[str, str]] = {
    "accountmaker verify": "tells where the page is that says: proven",
    "nhost signInProvider": "leads to a provider",
    "nhost signUpProvider": "leads to a provider",
}
assert {state for path in PATHS.values() for state in path.allows} <= STATES.keys()
