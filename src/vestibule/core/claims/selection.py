"""What has to be fetched of a user so that paths find what they name: a tree of fields."""

from collections.abc import Iterable
from typing import Final, TypeAlias

from vestibule.core.claims.paths import Field, Path, Where

Selection: TypeAlias = dict[str, "Selection"]

_OPAQUE: Final = "metadata"  # one JSON value: its members are no fields


def selection_of(paths: Iterable[Path]) -> Selection:
    """Return the fields that `paths` go through, those of filters among them."""
    tree: Selection = {}
    for path in paths:
        _add(tree, path)
    return tree


def _add(tree: Selection, path: Path) -> None:
    place = tree
    for step in path.steps:
        match step:
            case Field(name):
                place = place.setdefault(name, {})
                if name == _OPAQUE:
                    return
            case Where(names):
                _add_names(place, names)
            case _:
                pass


def _add_names(place: Selection, names: tuple[str, ...]) -> None:
    for name in names:
        place = place.setdefault(name, {})
        if name == _OPAQUE:
            return
