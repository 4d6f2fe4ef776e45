"""`make mutants`: take each protection away in a copy of the tree, and see whether a test fails.

`--list` names them, `--only NAME` tries those whose name holds a text, `--write` puts what is found
into the table of docs/reliability.md. Ends with 1 where one is not missed, does not fit the source any more,
or breaks the tests rather than failing them.
"""

from __future__ import annotations

import argparse
import queue
import signal
import tempfile
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutants import table
from tests.mutants.checkout import FAILED, PASSED, Copy
from tests.mutants.protection import Protection, listed, stale


class Verdict(StrEnum):
    """What became of the tests without a protection."""

    KILLED = "killed"
    GUARDED = "a second guard holds"
    SURVIVED = "SURVIVED"
    STALE = "STALE"
    BROKEN = "BROKEN"


FINE = (Verdict.KILLED, Verdict.GUARDED)


@dataclass(frozen=True, slots=True)
class Finding:
    """A protection, and what was found."""

    protection: Protection
    verdict: Verdict
    why: str = ""


def judge(copy: Copy, one: Protection, everything: Sequence[Protection]) -> Finding:
    """Run the named tests without a protection; where it has a second guard, without both."""
    if why := stale(one, copy.home):
        return Finding(one, Verdict.STALE, why)
    alone = _tested(copy, one)
    if not one.second_guard or alone.verdict is not Verdict.SURVIVED:
        return alone
    second = next(other for other in everything if other.name == one.second_guard)
    both = _tested(copy, one, second)
    return Finding(one, Verdict.GUARDED, one.second_guard) if both.verdict is Verdict.KILLED else both


def _tested(copy: Copy, one: Protection, *others: Protection) -> Finding:
    with copy.without(one, *others):
        code, failed, said = copy.test(one.tests)
    if code not in {PASSED, FAILED}:
        return Finding(one, Verdict.BROKEN, said[-2000:])
    green = [test for test in one.tests if test not in failed]
    if green:
        return Finding(one, Verdict.SURVIVED, f"green: {', '.join(green)}")
    return Finding(one, Verdict.KILLED)


@contextmanager
def copies(count: int) -> Generator[list[Copy]]:
    """Let there be copies of the tree while the block runs."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-mutants-"))).resolve()
        made: list[Copy] = []
        for number in range(count):
            made.append(Copy(home / str(number)))
            stack.callback(made[-1].close)
        yield made


def run(wanted: Sequence[Protection], everything: Sequence[Protection], workers: int) -> list[Finding]:
    """Judge each, in several copies at once. Raises `SystemExit` where the tests are not green as they are."""
    with copies(workers) as made, ThreadPoolExecutor(workers) as pool:
        for copy in made:
            copy.prove()
        print("Tests, and the processes they start, import the copy.", flush=True)
        tests = sorted({test for one in wanted for test in one.tests})
        code, failed, said = made[0].test_at_once(tests, workers)
        if code != PASSED:
            raise SystemExit(
                f"Not green with everything in place: {', '.join(sorted(failed)) or said[-2000:]}"
            )
        print(f"{len(tests)} tests are green with everything in place.", flush=True)
        free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in made:
            free.put(copy)

        def judged(one: Protection) -> Finding:
            copy = free.get()
            try:
                finding = judge(copy, one, everything)
            finally:
                free.put(copy)
            print(f"{finding.verdict:20} {one.name}", flush=True)
            return finding

        return list(pool.map(judged, wanted))


def main() -> int:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    everything = listed()
    wanted = [one for one in everything if given.only in one.name]
    if given.list or not wanted:
        print("\n".join(one.name for one in wanted) or "There is none of that name.")
        return 0 if wanted else 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the copies are dropped then, too
    began = time.monotonic()
    findings = run(wanted, everything, given.workers)
    for finding in findings:
        if finding.verdict not in FINE:
            print(f"\n{finding.verdict}: {finding.protection.name}\n{finding.why}")
    counts = {verdict: sum(one.verdict is verdict for one in findings) for verdict in Verdict}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    print(f"\n{len(findings)} removed one at a time: {told}. {time.monotonic() - began:.0f} seconds.")
    if given.write:
        table.write([(one.protection, one.verdict.value) for one in findings])
    return 0 if all(one.verdict in FINE for one in findings) else 1


if __name__ == "__main__":
    raise SystemExit(main())
