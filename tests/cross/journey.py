"""A whole life at every door, well and badly: what it says is collected, for promises about everything that leaves."""

import re
from dataclasses import dataclass, field
from typing import Final

import httpx2
import msgspec

from tests.cross.declared import operations
from tests.cross.doors import NEW_PASSWORD, PASSWORD, WRONG_PASSWORD, Doors, Held, claims, doors_of
from tests.cross.second_factor import OURS
from tests.support.second_factor import Application
from tests.support.serving import CLIENT_ID, ORIGIN, Running
from tests.support.ways_in import under

DISPLAY_NAME: Final = "Canary Canarsdottir"
ADDRESS: Final = "198.51.100.77"
_JWT: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


@dataclass
class Journey:
    """What was asked and answered, every secret that was seen on the way, and what tells whom it is about."""

    running: Running
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[httpx2.Request] = field(default_factory=list)
    answers: list[httpx2.Response] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    personal: set[str] = field(default_factory=set)

    async def __call__(self) -> "Journey":
        """Live it; `headers` come along on every request."""
        client = self.running.client
        client.headers.update({"x-forwarded-for": ADDRESS, **self.headers})
        client.event_hooks = {"request": [self._asked], "response": [self._answered]}
        doors = doors_of(self.running, host=self.headers.get("host", "localhost:4000"))
        for number, door in enumerate(doors.every):
            email = f"canary{number}@wild-canary.example"
            self.personal |= {email, email.partition("@")[0], ADDRESS, "192.0.2.1", DISPLAY_NAME, "wild-canary.example"}
            self.secrets |= {PASSWORD, WRONG_PASSWORD, NEW_PASSWORD}
            self._keep(await door.sign_up(email))
            held = self._keep(await door.sign_in(email))
            assert (await door.try_to_refresh(held.refresh)).status_code == 200
            assert await door.opens(held.access)
            for refused in (
                await door.try_to_sign_in(email, WRONG_PASSWORD),
                await door.try_to_sign_in("nobody@wild-canary.example", PASSWORD),
                await door.ask_to_sign_up(email, PASSWORD),
                await door.ask_to_sign_up("no address of a canary", PASSWORD),
                await door.try_to_refresh(held.refresh[:-1] + "é"),
            ):
                assert refused.status_code >= httpx2.codes.BAD_REQUEST
            assert not await door.opens(held.access[:-3])
        await self._mailed(doors)
        await self._second_factor(doors)
        await self._others(doors)
        await self._nonsense()
        return self

    async def _mailed(self, doors: Doors) -> None:
        email = "canary0@wild-canary.example"
        nhost = doors.nhost
        options = {"displayName": DISPLAY_NAME, "metadata": {"name": DISPLAY_NAME}}
        body = {"email": "named@wild-canary.example", "password": PASSWORD, "options": options}
        assert (await nhost.send("POST", "/v1/signup/email-password", body)).status_code == httpx2.codes.OK
        for follow in (nhost.verify_ticket, nhost.reset_ticket):
            ticket = await follow(email)
            self._hide(ticket)
            assert "refreshToken=" in (await nhost.follow(ticket)).headers["location"]
            assert "error=" in (await nhost.follow(ticket)).headers["location"]
        reset = await nhost.reset_ticket(email)
        self._hide(reset)
        changed = await nhost.send("POST", "/v1/user/password", {"newPassword": NEW_PASSWORD, "ticket": reset})
        assert changed.status_code == httpx2.codes.OK
        held = self._keep(await nhost.sign_in(email, NEW_PASSWORD))
        await nhost.change_password(held, PASSWORD)
        bearer = f"Bearer {held.access}"
        made = await nhost.send("POST", "/v1/pat", {"expiresAt": "2099-01-01T00:00:00Z"}, authorization=bearer)
        token = made.json()["personalAccessToken"]
        self._hide(token)
        self._keep(nhost.held(await nhost.send("POST", "/v1/signin/pat", {"personalAccessToken": token})))
        await nhost.send("POST", "/v1/signout", {"refreshToken": token})
        assert (await nhost.send("POST", "/v1/signin/pat", {"personalAccessToken": token})).status_code == 401
        await nhost.send("POST", "/v1/signout", {"refreshToken": held.refresh})
        await nhost.send("POST", "/v1/signout", {"all": True}, authorization=f"Bearer {held.access}")
        account = await doors.accountmaker.sign_up("mailed@wild-canary.example")
        self._keep(account)
        token = await doors.accountmaker.mailed_token()
        self._hide(token)
        for _ in range(2):
            await doors.accountmaker.send("POST", "/auth/verify", {"token": token})
            await doors.accountmaker.send("GET", f"/auth/verify?token={token}")

    async def _second_factor(self, doors: Doors) -> None:
        email = "factor@wild-canary.example"
        under(self.running, mfa_enabled=True)
        bearer = {"authorization": f"Bearer {self._keep(await doors.nhost.sign_up(email)).access}"}
        offered = await doors.nhost.send("GET", "/v1/mfa/totp/generate", **bearer)
        self._hide(offered.json()["totpSecret"])
        application = Application.scanning(offered.json()["totpSecret"], self.running.clock)
        turn_on = {"code": application.shows(), "activeMfaType": "totp"}
        assert (await doors.nhost.send("POST", "/v1/user/mfa", turn_on, **bearer)).status_code == httpx2.codes.OK
        made = await doors.nhost.send("POST", OURS, {"code": application.fresh()}, **bearer)
        for code in made.json()["codes"]:
            self._hide(code)
        self._keep(doors.nhost.held(await self._with_factor(doors, email, application.wrong(), application.fresh())))
        self._keep(doors.nhost.held(await self._with_factor(doors, email, "2222-2222-2222", made.json()["codes"][0])))
        for door in (doors.sublay, doors.accountmaker):
            assert (await door.try_to_sign_in(email, PASSWORD)).status_code == httpx2.codes.FORBIDDEN

    async def _with_factor(self, doors: Doors, email: str, *codes: str) -> httpx2.Response:
        """Show one code after the other, and return what the last one got."""
        ticket = (await doors.nhost.try_to_sign_in(email, PASSWORD)).json()["mfa"]["ticket"]
        self._hide(ticket)
        bodies = [{"ticket": ticket, "otp": code} for code in codes]
        return [await doors.nhost.send("POST", "/v1/signin/mfa/totp", body) for body in bodies][-1]

    async def _others(self, doors: Doors) -> None:
        key = (await self.running.service_key()).secret.reveal()
        self._hide(key)
        authorization = f"Bearer {key}"
        named = {"authorization": authorization, "x_sublay_project_id": self.running.project.public_id}
        verified = await doors.sublay.send("GET", "/internal/service/verify", **named)
        assert verified.status_code == httpx2.codes.OK
        made = await doors.accountmaker.send("GET", "/auth/csrf-session", accept="application/json")
        csrf, session = made.json()["csrf_token"], made.headers["set-cookie"].partition("=")[2].partition(";")[0]
        self._hide(csrf)
        self._hide(session)
        body = {"client_id": CLIENT_ID, "email": "canary1@wild-canary.example", "password": PASSWORD}
        cookie = f"csrf_session={session}"
        browser = await doors.accountmaker.send(
            "POST", "/auth/sign-in", body, x_csrf_token=csrf, cookie=cookie, origin=ORIGIN
        )
        assert browser.status_code == httpx2.codes.OK
        for line in browser.headers.get_list("set-cookie"):
            self._hide(line.partition("=")[2].partition(";")[0])
        for path in ("/auth/check-email", "/auth/login-methods"):
            await doors.accountmaker.send("POST", path, {"client_id": CLIENT_ID, "email": body["email"]})
        held = self._keep(await doors.sublay.sign_in("canary1@wild-canary.example"))
        await doors.sublay.change_password(held)
        await doors.sublay.post("/auth/sign-out", {"refreshToken": held.refresh})
        for path in (
            "/livez",
            "/readyz",
            "/docs",
            "/openapi/nhost.json",
            "/nothing/there",
            "/v7/nothing",
            "/auth/none",
        ):
            await doors.nhost.send("GET", path)

    async def _nonsense(self) -> None:
        secret = "canary-in-a-coal-mine"
        self.secrets.add(secret)
        body = msgspec.json.encode(
            {"email": "more@wild-canary.example", "password": secret, "client_id": secret, "x": 1}
        )
        for operation in operations():
            for sent, headers in (
                (body, {}),
                (body[:-1], {}),
                (b"{}", {"authorization": f"Bearer {secret}"}),
                (b"{}", {"cookie": f"access_token={secret}; refresh_token={secret}"}),
                (b"{}", {"content_type": "text/plain"}),
                (b'{"email": "' + b"x" * 70_000 + b'"}', {}),
            ):
                await operation.call(self.running, body=sent, **headers)
            await self.running.client.request("PUT", f"{operation.path()}?token={secret}")
            await self.running.client.request(operation.method, f"{operation.path()}/?token={secret}")
            await self.running.client.options(operation.path(), headers={"origin": ORIGIN})

    def _keep(self, held: Held) -> Held:
        for text in (held.access, held.refresh):
            self._hide(text)
        return held

    def _hide(self, text: str) -> None:
        """Remember a secret, and the part of it that would be enough."""
        if not text:
            return
        self.secrets.add(text)
        if text.startswith("eyJ"):
            self.secrets.add(text.rpartition(".")[2])
            jti = claims(text).get("jti")
            self.secrets |= {jti} if isinstance(jti, str) else set()
        elif ":" in text:
            self.secrets.add(text.partition(":")[2])

    async def _asked(self, request: httpx2.Request) -> None:
        self.requests.append(request)

    async def _answered(self, answer: httpx2.Response) -> None:
        await answer.aread()
        self.answers.append(answer)
        location = answer.headers.get("location", "")
        if "refreshToken=" in location:
            self._hide(location.partition("refreshToken=")[2].partition("&")[0])
        for token in _JWT.findall(answer.text):
            self._hide(token)
