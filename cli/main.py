"""`fedcredit`: credit scores that banks train together without showing each other a loan record."""

from __future__ import annotations

import os
import sys

import click
import typer

from cli import audit, bank, contracts, coordinator, federation, releases
from cli.models import history_command, promote_command, rollback_command
from cli.packages import package_command
from cli.run import run_command
from cli.servers import dev_command, mlflow_command, serve_command
from credit.errors import FedCreditError
from pipelines.stopping import no_stop_lost

STOPPED = 130
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=__doc__,
    epilog="Begin with [dim]fedcredit run --dataset synthetic[/], which takes seconds and ends by telling what to open "
    "next. What runs make is kept below .fedcredit, or where FEDCREDIT_HOME says.",
)


@app.callback()
def _main() -> None:
    """Credit scores that banks train together without showing each other a loan record."""


app.command("run")(run_command)
app.command("dev")(dev_command)
app.command("mlflow")(mlflow_command)
app.command("serve")(serve_command)
app.command("package")(package_command)
app.command("history")(history_command)
app.command("promote")(promote_command)
app.command("rollback")(rollback_command)
app.add_typer(audit.app, name="audit")
app.add_typer(contracts.app, name="contract")
app.add_typer(federation.app, name="federation")
app.add_typer(coordinator.app, name="coordinator")
app.add_typer(bank.app, name="bank")
app.add_typer(releases.app, name="release")


def main() -> None:
    """Run the command line; a FedCreditError, or a file that can't be had, ends it with one line and exit code 1."""
    try:
        # Typer answers ^C, and what a command exits with, by a number instead of raising.
        with no_stop_lost():
            code = app(standalone_mode=False)
        if code == STOPPED:
            raise KeyboardInterrupt
        raise SystemExit(code)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except FedCreditError as error:
        print(f"fedcredit: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        if error.filename is None:
            raise
        print(f"fedcredit: {error.filename}: {error.strerror}", file=sys.stderr)
        raise SystemExit(1) from None
    except (KeyboardInterrupt, typer.Abort):
        print("fedcredit: stopped", file=sys.stderr)
        raise SystemExit(STOPPED) from None


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
