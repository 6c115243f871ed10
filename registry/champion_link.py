"""The link to the champion's package, which a scoring service follows where it watches a folder."""

from __future__ import annotations

import os

from credit.home import Home
from registry.lock import held
from registry.promotion import Registry


def link_champion(registry: Registry, home: Home) -> None:
    """Point `model@champion` at the package of the sitting champion, where that stands.

    Under the lock of promotions: of a run and a rollback at the same time none leaves the link at a former champion.
    """
    with held(registry.lock, registry.model):
        sitting = registry.champion()
        package = home.package(registry.model, sitting.number) if sitting else None
        if package is None or not package.is_dir():
            return
        link = home.champions_package(registry.model)
        aside = link.with_name(f".{link.name}.{os.getpid()}")
        # By name alone: the folder of packages may be mounted elsewhere.
        aside.symlink_to(package.name)
        aside.replace(link)
