import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.core.projects import Policy
from vestibule.core.redirects import AllowList, allowed_target, parse_target
from vestibule.kernel.errors import RedirectNotAllowed

LISTED = AllowList.of(
    [
        "http://localhost:3000",
        "https://acme.com/path",
        "https://*.acme.io",
        "https://*-sub.acme.io",
        "myapp://my.app",
        "com.acme.app:/done",
        "http://[::1]:8080",
        "https://{a,b}.example.org/x",
        "http://127.0.0.1:*",
    ]
)


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:3000",
        "http://localhost:3000/",
        "http://localhost:3000/subpath",
        "http://localhost:3000?x=1",
        "http://localhost:3000#f",
        "https://acme.com:443/path",
        "https://acme.com/path/sub?q=1#f",
        "https://sub.acme.io",
        "https://my-sub.acme.io/deep/er",
        "myapp://my.app/x",
        "com.acme.app:/done",
        "com.acme.app:/done/now",
        "http://[::1]:8080/x",
        "https://a.example.org/x",
        "https://b.example.org/x/y",
        "http://127.0.0.1:49152/callback",
    ],
)
def test_a_target_under_a_listed_url_is_allowed(target: str) -> None:
    """What Nhost Auth documents as allowed is allowed."""
    assert LISTED.allows(target)


@pytest.mark.parametrize(
    "target",
    [
        "https://localhost:3000",
        "http://localhost:3001",
        "http://localhost",
        "https://acme.com/wrongpath",
        "https://acme.com/pathology",
        "https://a.b.acme.io",
        "https://acme.io",
        "https://acme.com.hijack.com/path",
        "https://acme.com:8443/path",
        "not-a-url",
        "/path",
        "",
        "//acme.com/path",
        "https:acme.com/path",
        "https:/acme.com/path",
        "https:///acme.com/path",
        r"https:\\acme.com\path",
        r"https://acme.com\@evil.com/path",
        "https://user@acme.com/path",
        "https://acme.com:443@evil.com/path",
        "https://evil.com#.acme.io",
        "https://evil.com?.acme.io",
        "https://evil.com/.acme.io",
        "https://sub.acme.io.",
        "https://sub%2eacme.io",
        "https://SUB.acme.io",
        "HTTPS://sub.acme.io",
        "https://\u0455ub.acme.io",
        "https://acme.com/path/../wrong",
        "https://acme.com/path/%2e%2E/wrong",
        "https://acme.com/path/.%2e/wrong",
        "https://acme.com/path\n",
        "\thttps://acme.com/path",
        "https://acme.com/pa\x00th",
        "https://acme.com/path?q=%zz",
        "javascript:alert(1)",
        "http://[::1%25eth0]:8080/x",
        "http://[0:0::1]:8080/x",
        "http://127.0.0.1:0080/x",
        "http://127.1:49152/x",
        "https://c.example.org/x",
    ],
)
def test_whatever_two_parsers_could_read_differently_is_refused(target: str) -> None:
    """Security 105: prefixes, globs over the host, backslashes, userinfo, `//`, encodings, missing schemes."""
    assert not LISTED.allows(target)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0.1", "1.2.3.256"])
def test_a_wildcard_does_not_let_in_other_spellings_of_an_address(host: str) -> None:
    """Security 105: a decimal address looked like a host name to `*` and like loopback to the browser."""
    assert not AllowList.of(["https://*", "https://*.*", "https://*.*.*.*"]).allows(f"https://{host}/")


def test_a_script_is_no_target_even_if_somebody_lists_it() -> None:
    """Security 53, 105: some schemes run instead of going anywhere."""
    listed = AllowList.of(["javascript:**", "data:**"])
    assert not listed.allows("javascript:alert(1)")
    assert not listed.allows("data:text/html,x")


def test_nothing_wanted_means_the_client_url() -> None:
    """Without a target people land at the application itself."""
    policy = Policy(client_url="https://app.example")
    assert allowed_target(policy, None) == "https://app.example"
    assert allowed_target(policy, "https://app.example/in") == "https://app.example/in"
    with pytest.raises(RedirectNotAllowed):
        allowed_target(policy, "https://other.example")


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        ("https://app.example/welcome?name=Ann Lee", "https://app.example/welcome?name=Ann%20Lee"),
        ("https://app.example?name=Ann Lee&x=a+b", "https://app.example?name=Ann%20Lee&x=a+b"),
        ("https://app.example/my page#to the end", "https://app.example/my%20page#to%20the%20end"),
        ("https://app.example/my%20page", "https://app.example/my%20page"),
        ("app.example:/my page", "app.example:/my%20page"),
        ("app://open/my page", "app://open/my%20page"),
    ],
)
def test_spaces_are_taken_as_browsers_send_them(wanted: str, target: str) -> None:
    """Applications put names into a query without encoding them; the original takes them so."""
    policy = Policy(client_url="https://app.example", allowed_redirect_urls=("app.example:/", "app://open"))
    assert allowed_target(policy, wanted) == target


@pytest.mark.parametrize(
    "wanted",
    [
        "https://app. example/welcome",
        "https://app.example /welcome",
        " https://app.example/welcome",
        "https ://app.example/welcome",
        r"https://app.example/a b\c",
        "https://app.example/a b/../c",
        "https://app.example/a b\tc",
        "https://evil.example/?x=https://app.example/a b",
    ],
)
def test_a_space_hides_nothing_else(wanted: str) -> None:
    """Security 105: where a host ends is never a matter of spaces, and every other rule holds beside them."""
    with pytest.raises(RedirectNotAllowed):
        allowed_target(Policy(client_url="https://app.example"), wanted)


def test_a_listed_path_may_have_a_space() -> None:
    """Written with it, or encoded."""
    policy = Policy(client_url="https://app.example/x", allowed_redirect_urls=("https://app.example/my page",))
    assert allowed_target(policy, "https://app.example/my page/in") == "https://app.example/my%20page/in"
    assert allowed_target(policy, "https://app.example/my%20page") == "https://app.example/my%20page"


@pytest.mark.parametrize("scheme", ["http*", "http?", "htt[p]s", "*"])
def test_a_wildcard_may_stand_in_the_scheme(scheme: str) -> None:
    """Lists of the original have `http*://`; without a port the scheme's own is meant."""
    listed = AllowList.of([f"{scheme}://app.example/in"])
    assert listed.allows("https://app.example/in/deeper")
    assert not listed.allows("https://app.example:80/in")
    assert listed.allows("http://app.example/in") == (scheme in {"http*", "*"})


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/app.example/in",
        "https://evil.example://app.example/in",
        "https://user@app.example/in",
        "https:app.example/in",
        "javascript://app.example/in",
        "data://app.example/in",
        "HTTPS://app.example/in",
    ],
)
def test_a_wildcard_in_the_scheme_stays_there(target: str) -> None:
    """Security 105: it reaches over no colon, and to nothing that runs."""
    assert not AllowList.of(["*://app.example/in", "**://app.example/in"]).allows(target)


def test_an_empty_list_allows_nothing() -> None:
    """A missing client URL opens no door."""
    with pytest.raises(RedirectNotAllowed):
        allowed_target(Policy(), "https://anywhere.example")


@pytest.mark.parametrize(
    "pattern",
    [
        "no scheme",
        "localhost:3000",
        "localhost:3000/x",
        "https:/acme.com",
        "https://[a",
        "https://{a,b",
        "https://" + "{a,b}" * 9,
    ],
)
def test_a_pattern_without_sense_is_named(pattern: str) -> None:
    """A mistake in the configuration shows at the start, in words that name it."""
    with pytest.raises(ValueError, match=r"the redirect URL '.+' (has|lacks) "):
        AllowList.of([pattern])


def test_matching_takes_no_more_than_linear_time() -> None:
    """Security 113: many wildcards and a long text cost milliseconds, not minutes."""
    listed = AllowList.of(["https://acme.com/" + "*a" * 40])
    started = time.process_time()
    assert not listed.allows("https://acme.com/" + "a" * 4000 + "!.")
    assert time.process_time() - started < 2


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever comes, the answer is a URL in parts or None."""
    parse_target(text)
    LISTED.allows("https://sub.acme.io" + text)
    LISTED.allows("https://" + text)
