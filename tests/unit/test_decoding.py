"""JSON values into dataclasses: the field types are the format."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import pytest

from hotloop.base.decoding import decode, encode


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Leaf:
    size: float
    colour: Colour

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(f"a size of {self.size}")


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    age: int | None
    leaves: tuple[Leaf, ...]
    corner: tuple[float, float]
    notes: Mapping[str, str | None]


TREE = Tree(
    "oak", None, (Leaf(1.5, Colour.RED), Leaf(2.0, Colour.BLUE)), (0.5, -1.0), {"a": "x", "b": None}
)
PLAIN: dict[str, object] = {
    "name": "oak",
    "age": None,
    "leaves": [{"size": 1.5, "colour": "red"}, {"size": 2.0, "colour": "blue"}],
    "corner": [0.5, -1.0],
    "notes": {"a": "x", "b": None},
}


def test_encoding_keeps_the_order_of_the_fields() -> None:
    plain = encode(TREE)
    assert plain == PLAIN
    assert list(plain) == list(PLAIN)


def test_decoding_undoes_encoding() -> None:
    assert decode(Tree, PLAIN) == TREE


def test_a_whole_number_is_read_where_any_number_may_stand() -> None:
    tree = decode(Tree, {**PLAIN, "corner": [1, 2]})
    assert tree.corner == (1.0, 2.0)
    assert all(type(value) is float for value in tree.corner)


def test_a_key_that_no_field_knows_is_left_aside() -> None:
    assert decode(Tree, {**PLAIN, "height": 3}) == TREE


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("name", 7, "name is a whole number, not a string"),
        ("name", None, "name is null, not a string"),
        ("age", True, "age is a boolean, not a whole number"),
        ("age", 1.0, "age is a number, not a whole number"),
        ("age", 10**400, "age is too large a number"),
        ("leaves", {}, "leaves is an object, not a list"),
        ("leaves", [[]], r"leaves\[0\] is a list, not an object"),
        ("leaves", [{"size": 1.0}], r"leaves\[0\]\.colour is missing"),
        ("leaves", [{}], r"leaves\[0\]\.size and leaves\[0\]\.colour are missing"),
        (
            "leaves",
            [{"size": "1", "colour": "red"}],
            r"leaves\[0\]\.size is a string, not a number",
        ),
        ("leaves", [{"size": True, "colour": "red"}], r"size is a boolean, not a number"),
        ("leaves", [{"size": 1, "colour": "green"}], "colour is 'green', not one of red, blue"),
        ("leaves", [{"size": -1.0, "colour": "red"}], r"leaves\[0\] is impossible: a size of -1.0"),
        ("leaves", [{"size": 10**400, "colour": "red"}], "size is not a finite number"),
        ("corner", [1.0], "corner has 1 items, not 2"),
        ("corner", [1.0, float("inf")], r"corner\[1\] is not a finite number"),
        ("notes", {"a": 1}, r"notes\.a is a whole number, not a string"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    key: str, value: object, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        decode(Tree, {**PLAIN, key: value})


def test_a_list_in_place_of_the_record_is_refused() -> None:
    with pytest.raises(ValueError, match="the record is a list, not an object"):
        decode(Tree, [])
