"""The command line of the bench."""

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from bench import enumeration, importing, scale, speed
from bench.processes import BenchError
from bench.report import console, new_report, progress, save, show
from bench.rounds import Bench
from bench.wrk import find_wrk


def main() -> int:
    """Measure; the exit status says whether every floor was reached."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _leave)  # so that what was started is ended on the way out
    folder = Path(tempfile.mkdtemp(prefix="vestibule-bench-"))
    try:
        if options.what == "enumeration":
            return _enumeration(options, folder)
        if options.what == "import":
            return _importing(options, folder)
        bench = Bench(find_wrk(options.connections), options.seconds, options.rounds)
        return _scale(bench, options, folder) if options.what == "scale" else _speed(bench, options, folder)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench: interrupted; everything that was started has ended", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _speed(bench: Bench, options: argparse.Namespace, folder: Path) -> int:
    chosen = speed.choose(options.only.split(","))
    report, screen = new_report(), console()
    try:
        with progress(screen) as bar:
            task = bar.add_task("starting", total=chosen.steps)
            done = iter(range(chosen.steps))
            speed.measure(
                bench, chosen, folder, report, lambda what: bar.update(task, description=what, completed=next(done))
            )
    finally:
        show(screen, report)
        if options.json is not None:
            save(report, options.json)
    return 1 if report.misses and not options.report_only else 0


def _scale(bench: Bench, options: argparse.Namespace, folder: Path) -> int:
    screen = console()
    with progress(screen) as bar:
        found = scale.measure(bench, options.users, folder, bar)
    scale.show(screen, found)
    if options.json is not None:
        scale.save(found, options.json)
    return 1 if not all(one.holds for one in found) and not options.report_only else 0


def _enumeration(options: argparse.Namespace, folder: Path) -> int:
    measure = enumeration.Enumeration(folder, enumeration.choose(options.only.split(",")))
    screen = console()
    with progress(screen) as bar:
        task = bar.add_task("starting", total=measure.steps)
        done = iter(range(measure.steps))
        found = measure(lambda what: bar.update(task, description=what, completed=next(done)))
    enumeration.show(screen, found)
    if options.json is not None:
        enumeration.save(found, options.json)
    return 1 if not all(one.holds for one in found) and not options.report_only else 0


def _importing(options: argparse.Namespace, folder: Path) -> int:
    screen = console()
    with screen.status("starting") as status:
        found = importing.Importing(folder, options.people, options.sampled)(status.update)
    importing.show(screen, found)
    if options.json is not None:
        importing.save(found, options.json)
    return 1 if not all(one.holds for one in found) and not options.report_only else 0


def _leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=["speed", "scale", "enumeration", "import"], default="speed", help="default: speed"
    )
    parser.add_argument("--seconds", type=float, default=2, help="how long each round loads (default: 2)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of ours and the limit in turn (default: 5)")
    parser.add_argument("--connections", type=int, default=16, help="connections of wrk (default: 16)")
    parser.add_argument("--only", default="", help=f"comma-separated, of: {', '.join(speed.PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--report-only", action="store_true", help="exit 0 even below a floor")
    parser.add_argument(
        "--users", type=int, nargs=2, default=[10_000, 1_000_000], help="scale: how many users, few and many"
    )
    parser.add_argument("--people", type=int, default=100_000, help="import: how many users (default: 100,000)")
    parser.add_argument("--sampled", type=int, default=1_000, help="import: how many of them sign in (default: 1,000)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
