"""What is counted for those who watch the server. Meters and their labels are declared: nobody outside can invent one.

A counter lives in one process and starts with it, as Prometheus expects.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meter:
    """Something that happens now and then; each time with one of `values` for `label` (security 116)."""

    name: str
    about: str
    label: str
    values: tuple[str, ...]


class Meters:
    """The counts of one process. A meter that is declared is there from the beginning, at zero."""

    def __init__(self) -> None:
        self._declared: dict[Meter, None] = {}
        self._counts: Counter[tuple[Meter, str]] = Counter()

    def declare(self, *meters: Meter) -> None:
        """Show these; several with one name and label are shown as one."""
        self._declared.update(dict.fromkeys(meters))

    @property
    def declared(self) -> Iterable[Meter]:
        """What is shown, in the order in which it was declared."""
        return self._declared

    def count(self, meter: Meter, value: str) -> None:
        """Count one more. Raises: ValueError for a value that is not declared."""
        if value not in meter.values:
            raise ValueError(f"{meter.name} has no {meter.label} {value!r}")
        self._counts[meter, value] += 1

    def total(self, meter: Meter, value: str) -> int:
        """Return how often it happened so far."""
        return self._counts[meter, value]

    def totals(self, meter: Meter) -> Iterator[tuple[str, int]]:
        """Yield each declared value with its count; also those that never happened."""
        for value in meter.values:
            yield value, self._counts[meter, value]
