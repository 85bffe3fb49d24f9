"""Where more settings are, and how strictly their names are taken."""

from typing import Any, Final

from vestibule.settings.environ import Variable, switch, text

CONFIG: Final = Variable[str | None](
    "VESTIBULE_CONFIG", text, None, "File with settings, in TOML; also `--config`. `vestibule.toml` is read if present."
)
STRICT: Final = switch(
    "VESTIBULE_STRICT",
    "Refuse unknown `AUTH_*` names, and values that cannot be taken as written, instead of warning; `--strict`.",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    CONFIG,
    STRICT,
)
