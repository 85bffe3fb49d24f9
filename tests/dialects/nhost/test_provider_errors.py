"""What goes wrong on the way to a provider and back, and how it is told."""

from datetime import timedelta

import pytest

from tests.dialects.nhost.providing import ANN, Traveller, told
from tests.dialects.nhost.speaking import CLIENT_URL, INVALID_REQUEST, Speaker, refused
from tests.support.identities import parameter
from tests.support.serving import Serve
from tests.support.ways_in import under
from vestibule.core.projects import Visit
from vestibule.core.social import Departing, secret_text
from vestibule.kernel.errors import Overloaded, ProviderUnavailable, StorageUnavailable, TooManyAttempts

LIST = {"AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS": "https://app.example.com"}
INVALID_STATE = {"error": "invalid-state", "errorDescription": "Invalid state"}


async def test_another_browser_is_not_signed_in(serve: Serve) -> None:
    """An attacker's way back, opened by a victim: no session, and the state is told as it came (security 42)."""
    async with serve() as running:
        attacker, victim = Traveller(running), Traveller(running)
        state = await attacker.departed(redirectTo=f"{CLIENT_URL}/x")
        code = attacker.provider("github").consent(state, attacker.provider("github").person("666"))
        await victim.departed()
        for who in (victim, Traveller(running)):
            base, parameters = told(await who.come_back(state=state, code=code))
            assert (base, parameters) == (CLIENT_URL, {**INVALID_STATE, "provider_state": state})
        assert "refreshToken" in told(await attacker.come_back(state=state, code=code))[1]


@pytest.mark.parametrize("wrong", ["replayed", "late", "of another provider", "made up"])
async def test_a_state_is_good_for_one_way_back(serve: Serve, wrong: str) -> None:
    """Once, within ten minutes, from the provider that it was made for (security 42, 45, 46, 50)."""
    async with serve() as running:
        ann = Traveller(running)
        state = await ann.departed()
        ann.cookies["vestibule-provider-google"] = ann.cookies["vestibule-provider-github"]
        if wrong == "replayed":
            code = ann.provider("github").consent(state, ann.provider("github").person("1"))
            await ann.come_back(state=state, code=code)
        if wrong == "late":
            running.clock.advance(timedelta(minutes=10))
        if wrong == "made up":
            state = "x" * 5000
        provider = "google" if wrong == "of another provider" else "github"
        _, parameters = told(await ann.come_back(provider, state=state, code="code"))
        assert parameters == {**INVALID_STATE, "provider_state": state[:1024]}


async def test_what_a_provider_says_is_told_without_repeating_it_unread(serve: Serve) -> None:
    """Its code, one line of its words, an https address; all of it encoded, none of it endless (security 47)."""
    async with serve(LIST) as running:
        ann = Traveller(running)
        state = await ann.departed(redirectTo="https://app.example.com", state="mine")
        said = {
            "error": "access_denied",
            "error_description": "<b>No\r\nway</b>&refreshToken=1" + "x" * 5000,
            "error_uri": "https://help.example/?a=b",
        }
        answer = await ann.come_back(state=state, **said)
        base, parameters = told(answer)
        words = parameters.pop("provider_error_description")
        assert base == CLIENT_URL
        assert parameters == {
            "error": "oauth-provider-error",
            "errorDescription": "Provider returned an error",
            "provider_error": "access_denied",
            "provider_error_url": "https://help.example/?a=b",
            "state": "mine",
        }
        assert words.startswith("<b>Noway</b>&refreshToken=1x")
        assert len(words) == 256
        assert "<" not in answer.headers["location"]


async def test_what_a_provider_says_may_be_nonsense(serve: Serve) -> None:
    """Codes and addresses that look like nothing of the kind are left out (security 47)."""
    async with serve() as running:
        ann = Traveller(running)
        state = await ann.departed()
        answer = await ann.come_back(state=state, error="<script>", error_uri="javascript:alert(1)")
        assert told(answer)[1]["provider_error"] == "unknown"
        assert "javascript" not in answer.headers["location"]


async def test_a_hint_of_a_stranger_goes_nowhere(serve: Serve) -> None:
    """Neither `login_hint` nor `prompt`, nor what is for other providers, reaches a provider (security 48)."""
    async with serve() as running:
        ann = Traveller(running)
        hints = {"login_hint": "victim@example.com", "prompt": "none", "organization": "org_1", "domain": "x"}
        location = (await ann.depart("github", **hints)).headers["location"]
        assert not any(word in location for word in ("hint", "prompt", "org_1", "domain"))
        location = (await ann.depart("workos", **hints, connection="conn_1")).headers["location"]
        assert (parameter(location, "organization"), parameter(location, "connection")) == ("org_1", "conn_1")
        assert not any(word in location for word in ("hint", "prompt", "domain"))


async def test_a_wrong_target_is_told_at_once(serve: Serve) -> None:
    """In JSON: there is nowhere to redirect to (security 105)."""
    async with serve() as running:
        for how in ("signin", "signup"):
            answer = await Traveller(running).depart(how=how, redirectTo="https://evil.example")
            refused(answer, 400, "redirectTo-not-allowed", 'The value of "options.redirectTo" is not allowed.')
            answer = await Traveller(running).depart(how=how, codeChallenge="short")
            refused(answer, *INVALID_REQUEST)


async def test_a_target_that_is_taken_off_the_list_meanwhile_is_not_gone_to(serve: Serve) -> None:
    """The list counts as it is when somebody comes back (security 105)."""
    async with serve(LIST) as running:
        ann = Traveller(running)
        state = await ann.departed(redirectTo="https://app.example.com")
        code = ann.provider("github").consent(state, ann.provider("github").person("1"))
        under(running, allowed_redirect_urls=())
        base, parameters = told(await ann.come_back(state=state, code=code))
        assert (base, parameters["error"]) == (CLIENT_URL, "redirectTo-not-allowed")


async def test_a_provider_that_is_not_there_is_told_by_redirect(serve: Serve) -> None:
    """One that the project does not have, or that cannot be reached, at the target that was asked for."""
    async with serve() as running:
        ann = Traveller(running)
        answer = await ann.depart("spotify", redirectTo=f"{CLIENT_URL}/x", state="mine")
        base, parameters = told(answer)
        assert base == f"{CLIENT_URL}/x"
        assert parameters == {
            "error": "disabled-endpoint",
            "errorDescription": "This endpoint is disabled",
            "state": "mine",
        }
        ann.provider("github").failure = ProviderUnavailable
        assert told(await ann.depart("github"))[1]["error"] == "oauth-provider-error"
        assert ann.cookies == {}


@pytest.mark.parametrize("name", ["myspace", "c:", "c:-a", "c:" + "a" * 41, "C:acme", "GitHub"])
async def test_other_names_are_out_of_shape(serve: Serve, name: str) -> None:
    """Sixteen names, and `c:` with a slug; in the newest server's form."""
    async with serve() as running:
        speaker = Speaker(running)
        paths = (f"/signin/provider/{name}", f"/signup/provider/{name}", f"/signin/provider/{name}/callback?state=x")
        for path in paths:
            answer = await speaker.get(path)
            assert answer.status_code == 400
            assert answer.json()["error"] == "schema-validation-error"
            assert answer.json()["reason"].startswith('Error at "/provider": value is not one of the allowed values')


async def test_a_query_out_of_shape_is_told_so(serve: Serve) -> None:
    """Names, locales and metadata as at any sign-up; a callback without a state."""
    async with serve() as running:
        speaker = Speaker(running)
        for query in (
            "displayName=%2F",
            "locale=x",
            "metadata=x",
            "metadata=[]",
            "metadata=%7B%22a%22:%22%5Cu0000%22%7D",
        ):
            answer = await speaker.get(f"/signin/provider/github?{query}")
            assert (answer.status_code, "reason" in answer.json()) == (400, True), query
        answer = await speaker.get("/signin/provider/github/callback")
        assert (answer.status_code, answer.json()["error"]) == (400, "request-validation-error")


async def test_no_sign_up_is_told_at_once(serve: Serve) -> None:
    """In JSON before the journey, by redirect after it."""
    async with serve({"AUTH_DISABLE_SIGNUP": "true"}) as running:
        ann = Traveller(running)
        refused(await ann.depart(how="signup"), 403, "signup-disabled", "Sign up is disabled.")
        assert told(await ann.travel(ann.provider("github").person("1")))[1]["error"] == "signup-disabled"


@pytest.mark.parametrize(
    ("what", "code"),
    [("no token", "oauth-token-echange-failed"), ("no profile", "oauth-profile-fetch-failed")],
)
async def test_what_goes_wrong_at_the_provider_is_told_at_the_target(serve: Serve, what: str, code: str) -> None:
    """With the original's own spelling."""
    async with serve() as running:
        ann = Traveller(running)
        state = await ann.departed(redirectTo=f"{CLIENT_URL}/x", state="mine")
        person = ann.provider("github").person("" if what == "no profile" else "1")
        right = ann.provider("github").consent(state, person)
        answer = await ann.come_back(state=state, code=right if what == "no profile" else "wrong")
        base, parameters = told(answer)
        assert (base, parameters["error"], parameters["state"]) == (f"{CLIENT_URL}/x", code, "mine")


@pytest.mark.parametrize(
    ("accident", "code", "words"),
    [
        (RuntimeError("a fault of our own"), "internal-server-error", "Internal server error"),
        (StorageUnavailable(), "internal-server-error", "Internal server error"),
        (Overloaded(), "internal-server-error", "Internal server error"),
        (TooManyAttempts(timedelta(minutes=1)), "invalid-request", "Too many attempts, please try again later"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_an_accident_on_the_way_back_is_told_by_redirect(
    serve: Serve, accident: Exception, code: str, words: str
) -> None:
    """Whoever comes back from a provider is never left on an empty page of ours."""
    async with serve() as running:
        ann = Traveller(running)
        state = await ann.departed(redirectTo=f"{CLIENT_URL}/x", state="mine")
        ann.provider("github").accident = accident
        base, parameters = told(await ann.come_back(state=state, code="code"))
        assert base == f"{CLIENT_URL}/x"
        assert parameters == {"error": code, "errorDescription": words, "state": "mine"}


async def test_errors_are_concealed_in_redirects_too(serve: Serve) -> None:
    """Nobody learns who has an account (security 82)."""
    async with serve({"AUTH_CONCEAL_ERRORS": "true"}) as running:
        await Speaker(running).sign_up(ANN)
        ann = Traveller(running)
        _, parameters = told(await ann.travel(ann.provider("github").person("1", ANN, vouched=False)))
        assert parameters == {"error": "invalid-request", "errorDescription": "The request payload is incorrect"}


async def test_who_names_no_target_needs_one_that_is_configured(serve: Serve) -> None:
    """Without either nobody is sent anywhere: there would be no way back (security 105)."""
    async with serve(policy={"client_url": ""}) as running:
        ann = Traveller(running)
        for how in ("signin", "signup"):
            answer = await ann.depart(how=how)
            assert (answer.status_code, answer.json()["error"]) == (400, "redirectTo-not-allowed")
            assert "location" not in answer.headers


async def test_a_journey_without_a_challenge_ends_where_one_is_needed_now(serve: Serve) -> None:
    """It was begun before the operator wanted it so: no token in any redirect (security 37)."""
    async with serve({"VESTIBULE_NHOST_PKCE_ONLY": "true"}) as running:
        ann, browser = Traveller(running), bytes(32)
        wish = Departing(provider="github", flow="sign-in", browser=browser, redirect_to=CLIENT_URL)
        visit = Visit(running.project, "nhost", "192.0.2.1", "req-1")
        departed = await running.core.depart_to_provider(visit, wish)
        state = parameter(departed.url, "state")
        ann.cookies["vestibule-provider-github"] = secret_text(browser)
        code = ann.provider("github").consent(state, ann.provider("github").person("1"))
        base, parameters = told(await ann.come_back(state=state, code=code))
        assert (base, parameters["error"]) == (CLIENT_URL, "invalid-request")
        assert "refreshToken" not in parameters


@pytest.mark.parametrize(
    "uri",
    [
        "http://help.example",
        "https://help.example/" + "x" * 492,
        "https://help.example/\u202ereversed",
        "https://help.example/%zz",
        "javascript:alert(1)//https://",
    ],
)
async def test_where_a_provider_sends_people_is_a_plain_address(serve: Serve, uri: str) -> None:
    """With TLS, short, and of characters that show; else nothing is told of it (security 47)."""
    async with serve() as running:
        ann = Traveller(running)
        _, parameters = told(await ann.come_back(state=await ann.departed(), error="access_denied", error_uri=uri))
        assert parameters["provider_error"] == "access_denied"
        assert "provider_error_url" not in parameters
