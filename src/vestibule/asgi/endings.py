"""Which failure ends a process how. Everything else that is raised is a bug and shows where it comes from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from vestibule.asgi.exits import Ending, ExitCode
from vestibule.assembly.start import StartRefused
from vestibule.core.projects.overlay import InvalidSettings
from vestibule.core.projects.registry import NameTaken
from vestibule.kernel.errors import ClientNotFound, ProjectNotFound, Refusal, StorageUnavailable, UserNotFound
from vestibule.kernel.keyring import UnknownRootKey
from vestibule.migrations import MigrationFailed
from vestibule.settings import SettingsError
from vestibule.wire import MountError

_MEND: Final = "see that its URL, user and password are right"


@contextmanager
def endings() -> Iterator[None]:
    """Turn the failures that an operator can mend into an Ending."""
    try:
        yield
    except SettingsError as error:
        raise Ending(ExitCode.CONFIGURATION, *(str(problem) for problem in error.problems)) from error
    except (StartRefused, MountError) as error:
        raise Ending(ExitCode.CONFIGURATION, str(error)) from error
    except UnknownRootKey as error:
        mend = "set VESTIBULE_SECRET_KEYS to the key that this database was made with"
        raise Ending(ExitCode.CONFIGURATION, f"{error}: {mend}") from error
    except StorageUnavailable as error:
        raise _without_database(error) from error
    except MigrationFailed as error:
        raise Ending(ExitCode.FAILED, f"the schema was not changed: {error}") from error
    except (ProjectNotFound, ClientNotFound, UserNotFound) as error:
        raise Ending(ExitCode.NOT_FOUND, error.code.replace("-", " ")) from error
    except Refusal as error:
        raise Ending(ExitCode.FAILED, f"refused: {error.code.replace('-', ' ')}") from error
    except NameTaken as error:
        raise Ending(ExitCode.FAILED, f"{error} is taken; choose another --id or --host") from error
    except InvalidSettings as error:
        raise Ending(ExitCode.USAGE, f"these settings make no sense: {error}") from error


def _without_database(error: StorageUnavailable) -> Ending:
    why = f": {error.reason}" if error.reason else ""
    if error.is_shut:  # a script that tries again would try for ever
        return Ending(ExitCode.CONFIGURATION, f"the database does not let us in{why}; {_MEND}")
    return Ending(ExitCode.DATABASE_UNAVAILABLE, f"the database cannot be reached{why}; see that it runs, and {_MEND}")
