"""`python -m bot` is the command `countersign`."""

from bot.operations.imports import uncollected

with uncollected():
    from bot.operations.cli import main

if __name__ == "__main__":
    main()
