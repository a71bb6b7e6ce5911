"""Are objects that nobody could read refused in words?"""

import pytest

from shuseki.errors import DataError
from shuseki.reading.objects import objects_of


@pytest.mark.parametrize("text", [b'{"a":' * 200_000, b'[{"a":' + b"[" * 200_000])
def test_objects_within_objects_without_end_are_refused_in_words(text: bytes) -> None:
    with pytest.raises(DataError, match="too deep"):
        list(objects_of([text], "a.json"))
