"""The store of a registry that is there already."""

from pathlib import Path

from registry.errors import RegistryError
from registry.settings import Settings
from registry.store import Store, open_store


class NoRegistry(RegistryError):
    """There is no store where the settings say: opening one would make it, empty."""

    kind = "no-registry"
    mender = "operator"

    def __init__(self, data: Path) -> None:
        super().__init__(
            f'{data} 中没有登记系统，请检查 ZT_DATA（样例城市：eval "$(python -m scripts.env)"）。',
            f"There is no registry in {data}: check ZT_DATA "
            '(for the sample town: eval "$(python -m scripts.env)").',
        )


def open_existing(settings: Settings) -> Store:
    """The store, where there is one. Raises NoRegistry."""
    if not settings.database and not (settings.data / "registry.sqlite").is_file():
        raise NoRegistry(settings.data)
    return open_store(settings.database_url)
