"""Links: a value more in the query of a page that an operator has registered."""

from urllib.parse import quote


def appended(page: str, name: str, value: str) -> str:
    """Return `page` with `name=value` added to its query; a fragment stays at the end."""
    address, hash_mark, fragment = page.partition("#")
    separator = "&" if "?" in address else "?"
    return f"{address}{separator}{name}={quote(value, safe='')}{hash_mark}{fragment}"
