"""The plain-text twin of an HTML letter whose author wrote none: its words, its links spelled out."""

import re
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"head", "style", "script", "title", "template"})
_EMPTY: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_LINES: Final = frozenset({"br", "dd", "div", "dt", "footer", "header", "li", "section", "table", "td", "th", "tr"})
_PARAGRAPHS: Final = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "ul"})
_HIDDEN: Final = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
# Between the words of a preview they keep the body out of it; in plain text they are noise.
_FILLING: Final = re.compile("[\u034f\u200b-\u200d\u2007\u2060\ufeff\xad]")
_WEB_LINK: Final = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


def plain_twin(html: str) -> str:
    """Return what a reader sees of `html`, each link below its words; empty when that is nothing."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(_FILLING.sub("", line).split()) for line in "".join(reader.seen).split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return f"{text}\n" if text else ""


class _Reader(HTMLParser):
    """Collects words; forgiving, as browsers are: a tag that was never opened closes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._open: list[tuple[str, bool, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what `tag` hides and where it leads."""
        given = {name: value or "" for name, value in attrs}
        self._break(tag)
        if tag == "img":
            self.handle_data(given.get("alt", ""))
        if tag not in _EMPTY:
            is_hidden = self._is_hidden or tag in _UNSEEN or bool(_HIDDEN.search(given.get("style", "")))
            self._open.append((tag, is_hidden, given.get("href", "") if tag == "a" else ""))

    def handle_endtag(self, tag: str) -> None:
        """Close `tag` and whatever was left open within it."""
        if not any(name == tag for name, _, _ in self._open):
            return
        while True:
            name, is_hidden, link = self._open.pop()
            if _WEB_LINK.match(link) and not is_hidden and not "".join(self.seen[-1:]).strip().endswith(link):
                self.seen.append(f"\n{link.removeprefix('mailto:')}\n")
            if name == tag:
                break
        self._break(tag)

    def handle_data(self, data: str) -> None:
        """Keep words that are seen; line breaks of the source mean nothing."""
        if not self._is_hidden:
            self.seen.append(re.sub(r"\s+", " ", data))

    @property
    def _is_hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _break(self, tag: str) -> None:
        if not self._is_hidden:
            self.seen.append("\n\n" if tag in _PARAGRAPHS else "\n" if tag in _LINES else "")
