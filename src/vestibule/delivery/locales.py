"""The languages that our own letters are written in, and in which order a letter looks for one."""

import re
from collections.abc import Iterator
from typing import Final

LOCALES: Final = ("en", "es", "fr", "cs", "bg", "de", "pt", "ja", "zh", "ar")
LAST_RESORT: Final = "en"  # a letter in the wrong language beats none

# Of locales and templates; never a path.
_PLAIN_NAME: Final = re.compile(r"(?=.{1,64}$)[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
_RIGHT_TO_LEFT: Final = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


def is_plain_name(name: str) -> bool:
    """Tell whether `name` can be a locale or a template: it then leads to no other folder."""
    return _PLAIN_NAME.fullmatch(name) is not None


def fitting(*wanted: str) -> Iterator[str]:
    """Yield each of `wanted` as it is and then its language alone (`pt-BR`, `pt`), the names that are none left out."""
    for locale in wanted:
        if is_plain_name(locale):
            yield locale
            yield language(locale)


def language(locale: str) -> str:
    """Return `locale` without its region."""
    return re.split("[-_]", locale)[0].lower()


def direction(locale: str) -> str:
    """Return the direction that `locale` is written in, as HTML names it."""
    return "rtl" if language(locale) in _RIGHT_TO_LEFT else "ltr"
