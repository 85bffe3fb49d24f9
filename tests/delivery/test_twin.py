"""The plain text that is made of an HTML letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.letters import FULL, LINK, claimed
from vestibule.delivery.render import Renderer
from vestibule.delivery.twin import plain_twin


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello <b>Bob</b>,</p>\n<p>see\n  you</p>", "Hello Bob,\n\nsee you\n"),
        ("one<br>two<div>three</div>four", "one\ntwo\nthree\nfour\n"),
        ('<a href="https://a.example/?x=1&amp;y=2">Verify</a>', "Verify\nhttps://a.example/?x=1&y=2\n"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example\n"),
        ('<a href="javascript:x">No</a> <a href="#top">Top</a>', "No Top\n"),
        ('<a href="mailto:a@b.example">Write</a>', "Write\na@b.example\n"),
        ("<head><title>T</title><style>p{}</style></head><body>seen<script>x</script></body>", "seen\n"),
        ('<div style="display: none">hidden <b>too</b></div>seen', "seen\n"),
        ('<img src="x" alt="Acme"> Notes', "Acme Notes\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\n\nb\n\nc\n"),
        ("</p>a</div>b<p>c", "ab\n\nc\n"),
        ("<!--[if mso]><p>Word</p><![endif]-->x", "x\n"),
        ("&nbsp;&#8199;&#847; ", ""),
        ("", ""),
    ],
)
def test_words_are_kept_and_links_spelled_out(html: str, text: str) -> None:
    """What a reader sees, and nothing else."""
    assert plain_twin(html) == text


def test_our_own_letter_survives_it() -> None:
    """A letter as elaborate as they get."""
    text = plain_twin(Renderer().render(claimed(), FULL).html)
    assert LINK in text
    assert "482913" in text
    assert "Please confirm that bob@example.com is yours" in text
    assert "\n\n\n" not in text


@given(st.text("<>/ap&;\"'!-= \nx", max_size=60))
def test_no_html_is_too_broken(html: str) -> None:
    """It comes from people."""
    assert isinstance(plain_twin(html), str)
