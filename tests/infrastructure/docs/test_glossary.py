"""docs/glossary.md: short, in order, and every place it names exists."""

from importlib import import_module

import pytest

from tests.support.documents import codes, table, text

ROWS = table("docs/glossary.md", "Word", "Others say")


@pytest.mark.parametrize(("word", "place"), [(row[0], place) for row in ROWS for place in codes(row[3])])
def test_each_word_lives_where_the_glossary_says(word: str, place: str) -> None:
    module_name, _, name = place.partition(":")
    module = import_module(module_name)
    assert not name or hasattr(module, name), f"{word}: {module_name} has no {name}"


def test_every_word_has_a_place_and_they_are_in_order() -> None:
    words = [row[0].lower() for row in ROWS]
    assert words == sorted(set(words))
    assert all(codes(row[3]) for row in ROWS)


def test_the_glossary_is_short() -> None:
    assert len(text("docs/glossary.md").splitlines()) <= 40
