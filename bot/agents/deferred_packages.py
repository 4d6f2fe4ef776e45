"""Packages that are imported as a whole where a small part is needed: their own `__init__` runs when it is asked for.

Why: docs/adr/0032.
"""

from __future__ import annotations

import sys
import threading
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_turn = threading.RLock()


class _Deferred(ModuleType):
    """A package of which nothing was asked for yet but its submodules.

    `importlib.util.LazyLoader` is not enough: it loads a package as soon as anything below it is imported.
    """

    def __getattr__(self, name: str) -> Any:
        with _turn:  # whoever comes second waits for the whole package
            if type(self) is _Deferred and not vars(self).get("_is_running"):
                _run(self)
        return ModuleType.__getattribute__(self, name)


def defer(name: str) -> None:
    """Import a package, and let its `__init__` wait for the first use of a name in it."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is not None and spec.loader is not None:
        package = module_from_spec(spec)
        package.__class__ = _Deferred
        sys.modules[name] = package


def _run(package: ModuleType) -> None:
    spec = package.__spec__
    if spec is None or spec.loader is None:
        raise ImportError(f"{package.__name__} has nothing to be loaded from")
    vars(package)["_is_running"] = True
    try:
        spec.loader.exec_module(package)
    finally:
        del vars(package)["_is_running"]
    package.__class__ = ModuleType
