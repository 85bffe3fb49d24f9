"""All commands by name. The modules that are imported here import nothing heavy."""

import typer
from typer._click.exceptions import UsageError as UsageProblem  # typer brings click along, and shows it nowhere else

from vestibule.cli import checks, database, hasura, importing, keys, projects, trail, users, version
from vestibule.cli.serve import command as serve

__all__ = ["UsageProblem", "app"]

app = typer.Typer(
    name="vestibule",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
serve.register(app)
database.register(app)
hasura.register(app)
checks.register(app)
projects.register(app)
users.register(app)
importing.register(app)
keys.register(app)
trail.register(app)
version.register(app)
