"""`vestibule user set`: what an operator may change, and what is said when it cannot be."""

import json

import pytest
import typer

from tests.cli.conftest import Run
from tests.cli.test_commands import answer
from vestibule.asgi.exits import Ending
from vestibule.cli.user_changes import avatar_url_of, display_name_of, metadata_of, refuse_contradictions
from vestibule.core.users import UserChange

ADA = "ada@example.com"
MORE_LOCALES = {"AUTH_LOCALE_ALLOWED_LOCALES": "en,fr"}


def test_everything_that_needs_no_proof_can_be_set(run: Run, environment: dict[str, str]) -> None:
    """At once; what was changed is told to programs and people, and to the audit trail by its name only."""
    user_id = answer(run, "user", "create", ADA)["id"]
    options = (
        *("--display-name", "Ada L.", "--avatar-url", "https://acme.example/ada.png", "--locale", "fr"),
        *("--metadata", '{"plan": "pro"}', "--add-role", "editor", "--new-role", "--default-role", "editor"),
        *("--remove-role", "me"),
    )
    told = answer(run, "user", "set", ADA, *options, env=environment | MORE_LOCALES)
    fields = ["avatar_url", "default_role", "display_name", "locale", "metadata", "roles"]
    assert told.pop("changed") == fields
    shown = answer(run, "user", "show", ADA)
    assert {**told, "sessions": 0} == shown
    assert (shown["display_name"], shown["avatar_url"]) == ("Ada L.", "https://acme.example/ada.png")
    assert (shown["locale"], shown["metadata"]) == ("fr", {"plan": "pro"})
    assert (shown["roles"], shown["default_role"]) == (["user", "editor"], "editor")
    (entry, *_) = answer(run, "audit", "list")
    assert (entry["event"], entry["actor"], entry["detail"]) == ("user.changed", "operator", {"fields": fields})
    assert run("user", "set", ADA, "--add-role", "me").stdout == f"Changed roles of {user_id}.\n"
    again = run("user", "set", ADA, "--add-role", "me").stdout
    assert again == f"Nothing is different: {user_id} was like that already.\n"


def test_what_the_project_does_not_allow_is_told_with_its_mend(run: Run) -> None:
    """Status 1, one line on standard error, and nobody is any different."""
    before = answer(run, "user", "create", ADA)
    for options, said in (
        (("--metadata", json.dumps({"a": "x" * 11_000})), "over 10240 bytes; see VESTIBULE_METADATA_LIMIT_BYTES"),
        (("--locale", "de"), "the locale 'de' is none of the project's (en)"),
        (("--add-role", "editr"), "nobody here has the role 'editr'; known: me, user; to begin a role: --new-role"),
        (("--remove-role", "editr"), "nobody here has the role 'editr'; known: me, user\n"),
        (("--add-role", "two words", "--new-role"), "a new role has 1 to 64 letters"),
        (("--remove-role", "user"), "'user' would be none; add it with --add-role"),
    ):
        refused = run("user", "set", ADA, *options)
        assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1)
        assert said in refused.stderr
    assert {**before, "sessions": 0} == answer(run, "user", "show", ADA)


def test_wrong_usage_is_told_as_everywhere(run: Run) -> None:
    """Status 2, one line, and where to read on; status 3 for nobody."""
    for options, said in (((), "nothing to change"), (("--metadata", "[]"), "a JSON object is needed, or null")):
        refused = run("user", "set", ADA, *options)
        assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (2, "", 1)
        assert said in refused.stderr
        assert "see: vestibule user set --help" in refused.stderr
    assert run("user", "set", ADA, "--display-name", "x").returncode == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{plan}", "JSON is malformed"),
        ("", "this is nothing"),
        ("[]", "Expected `object | null`, got `array`"),
        ('{"a": NaN}', "JSON is malformed"),
        ('{"a": "\\u0000"}', "a NUL character"),
        ('{"a": "\udcff"}', "not valid UTF-8"),
        ('{"a":' * 70 + "1" + "}" * 70, "nested too deeply"),
    ],
)
def test_metadata_are_what_a_request_could_have_brought(text: str, said: str) -> None:
    """Nothing gets in here that would be an error wherever it is read (security 112)."""
    with pytest.raises(typer.BadParameter, match="a JSON object is needed, or null: ") as refused:
        metadata_of(text)
    assert said in refused.value.message


def test_metadata_may_be_any_object_or_none() -> None:
    """`null` and `{}` are different things there."""
    assert metadata_of('{"a": [1, true]}') == {"a": [1, True]}
    assert metadata_of("{}") == {}
    assert metadata_of("null") is None


@pytest.mark.parametrize("text", ["Ada\nBcc: all", "\x1b[2J", "\udcff", "x" * 257])
def test_a_name_fits_into_one_line(text: str) -> None:
    """It stands in letters and in terminals (security 115)."""
    with pytest.raises(typer.BadParameter):
        display_name_of(text)
    assert display_name_of("Zoë Ångström-日本") == "Zoë Ångström-日本"


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "//a.example/x", "https://", "https://[::1/", "https://a.example/ b", "ftp://a/b"]
)
def test_a_picture_is_on_the_web(text: str) -> None:
    """Pages show it as it is; nothing at all takes it away."""
    with pytest.raises(typer.BadParameter):
        avatar_url_of(text)
    assert avatar_url_of("https://a.example/b.png?s=2") == "https://a.example/b.png?s=2"
    assert avatar_url_of("") == ""


def test_a_change_says_something_and_does_not_contradict_itself() -> None:
    """A flag that allows new roles asks for none by itself."""
    for nothing in (UserChange(), UserChange(may_name_new_roles=True)):
        with pytest.raises(Ending, match="nothing to change"):
            refuse_contradictions(nothing)
    with pytest.raises(typer.BadParameter, match="me is to be added and removed"):
        refuse_contradictions(UserChange(added_roles=("me", "user"), removed_roles=("me",)))
    for something in (UserChange(metadata=None), UserChange(display_name=""), UserChange(removed_roles=("me",))):
        refuse_contradictions(something)
