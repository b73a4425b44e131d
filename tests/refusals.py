"""What is expected of a refusal: its code, since its words are for people."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from wallet.exchange import Refused


@contextmanager
def refused(code: str) -> Iterator[None]:
    """A block in which the wallet is refused with this code."""
    with pytest.raises(Refused) as raised:
        yield
    assert raised.value.code == code
