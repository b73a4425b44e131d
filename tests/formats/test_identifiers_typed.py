"""What people type into commands is read as what it is."""

from registry import secrets


def test_no_handle_is_taken_for_an_option() -> None:
    made = [secrets.handle(lambda size, first=first: bytes([first]) * size) for first in range(256)]
    assert not [each for each in made if each.startswith("-")]
    assert {len(each) for each in made} == {22}
