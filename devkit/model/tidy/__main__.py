"""`python3 -m tidy FILE …`: read each file and say what was found; ends with 1 where none could be read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from .opening import opened
from .report import highest, report
from .table import CannotRead, quoted

OUT = Path("out")


def tidied(paths: Sequence[Path], out: Path, options: Sequence[str] = ()) -> tuple[list[str], bool]:
    """A text for each file, and whether any could be read."""
    month_first = {"--month-first": True, "--day-first": False}.get("".join(options))
    texts: list[str] = []
    read = False
    for path in paths:
        try:
            table = opened(path)
        except CannotRead as problem:
            texts.append(f"{quoted(path.name)} {problem}.")
            continue
        except OSError:
            texts.append(f"{quoted(path.name)} is not there, or cannot be opened.")
            continue
        except MemoryError:
            texts.append(f"{quoted(path.name)} is larger than I can work on here.")
            continue
        read = True
        if "--highest" in options:
            texts.append(highest(table))
            continue
        before = f"{path.stem}-" if len(paths) > 1 else ""
        texts.append(f"{quoted(path.name)}: {report(table, out, before, month_first)}")
    return texts, read


def main() -> None:
    """Read the command line."""
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    paths = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    texts, read = tidied(paths, OUT, options)
    print("\n\n".join(texts))
    sys.exit(0 if read else 1)


if __name__ == "__main__":
    main()
