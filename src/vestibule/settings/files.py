"""The two files: `vestibule.toml`, written by an operator, and `var/dev.toml`, kept by a developing server."""

import hmac
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.secret import Secret
from vestibule.settings import own
from vestibule.settings.environ import Problem, SettingsError, nearest

DEFAULT_FILE: Final = Path("vestibule.toml")
DEV_FOLDER: Final = Path("var")
DEV_CLIENT_ID: Final = "cid_dev"
_OWN_NAMES: Final = {
    variable.name.removeprefix(own.PREFIX).lower(): variable.name
    for section in own.SECTIONS.values()
    for variable in section
    if variable is not own.files.CONFIG
}


def values_in(file: Path | None) -> dict[str, str]:
    """Return the variables that `file` sets; without one, those of `vestibule.toml` if it is there.

    Raises: SettingsError.
    """
    path = file or DEFAULT_FILE
    if file is None and not path.exists():
        return {}
    import tomllib  # noqa: PLC0415 - few have a file

    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([Problem(str(path), f"cannot be read: {error}")]) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([Problem(str(path), f"is no TOML: {error}")]) from error
    problems: list[Problem] = []
    values = _values(content, path, problems)
    if problems:
        raise SettingsError(problems)
    return values


def _values(content: Mapping[str, object], path: Path, problems: list[Problem]) -> dict[str, str]:
    values: dict[str, str] = {}
    for section, table in content.items():
        if section not in {"vestibule", "env"} or not isinstance(table, dict):
            problems.append(Problem(f"{path}: {section}", "means nothing", "use the tables [vestibule] and [env]"))
            continue
        for key, value in table.items():
            name = _OWN_NAMES.get(key) if section == "vestibule" else key
            written = _written(value)
            if name is None:
                problems.append(Problem(f"{path}: {key}", "is not a setting", nearest(key, _OWN_NAMES)))
            elif written is None:
                problems.append(Problem(f"{path}: {key}", "is a text, a number, true, false or a list of texts"))
            else:
                values[name] = written
    return values


def _written(value: object) -> str | None:
    """Return a TOML value as an environment variable would hold it; None when it cannot."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | str):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) and "," not in item for item in value):
        return ",".join(value)
    return None


@dataclass(frozen=True, slots=True)
class DevKeys:
    """What a developing server makes up once and keeps, so that a restart signs nobody out."""

    secret_key: Secret
    service_key: Secret
    client_id: str
    path: Path

    @property
    def provider_secret(self) -> Secret:
        """What this server proves itself with to the provider that is part of it."""
        return Secret(hmac.digest(self.secret_key.reveal().encode(), b"dev provider", "sha256").hex())


def dev_keys(folder: Path) -> DevKeys:
    """Return the keys in `folder`/dev.toml, making that file first where it is missing. Raises: SettingsError."""
    import tomllib  # noqa: PLC0415 - with --dev only

    path = folder / "dev.toml"
    folder.mkdir(parents=True, exist_ok=True)
    entropy = SystemEntropy()
    with suppress(FileExistsError):
        _write_new(
            path,
            "# Made by `vestibule serve --dev` for development on this machine. Never use these keys in production.\n"
            f'secret_key = "{entropy.bytes(32).hex()}"\n'
            f'service_key = "vsk_dev_{entropy.bytes(24).hex()}"\n'
            f'client_id = "{DEV_CLIENT_ID}"\n',
        )
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return DevKeys(Secret(content["secret_key"]), Secret(content["service_key"]), content["client_id"], path)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise SettingsError([Problem(str(path), "cannot be used", "delete it, it is made anew")]) from error


def _write_new(path: Path, content: str) -> None:
    # Complete or not there at all, also for a process that starts at the same moment.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
