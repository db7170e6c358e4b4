"""A lane makes the same Records as Faust does, from any data."""

from functools import partial
from typing import Any, Optional

import faust
import pytest
from faust.models.fields import StringField
from hypothesis import given
from hypothesis import strategies as st

from stream.fastlane.models import builder
from tests.drawn import CHARACTERS


class Order(faust.Record, namespace="lanes.Order"):
    number: int
    price: float
    name: str
    paid: bool


class Defaults(faust.Record, namespace="lanes.Defaults"):
    name: str
    number: int = 7
    note: Optional[str] = None  # noqa: UP045  (as users of Faust write it)


class Coerced(faust.Record, coerce=True, namespace="lanes.Coerced"):
    number: int


class Valid(faust.Record, validation=True, namespace="lanes.Valid"):
    name: str = StringField(max_length=3)


class Named(faust.Record, namespace="lanes.Named"):
    number: int = faust.models.fields.IntegerField(field="nr")


class After(faust.Record, namespace="lanes.After"):
    number: int

    def __post_init__(self) -> None:
        self.number += 1


class Nested(faust.Record, namespace="lanes.Nested"):
    order: Order
    numbers: list[int]


class Child(Order, namespace="lanes.Child"):
    extra: str = "more"


class Poly(faust.Record, polymorphic_fields=True, namespace="lanes.Poly"):
    number: int


QUICK = {Order, Defaults, Child, Poly}
MODELS = (Order, Defaults, Coerced, Valid, Named, After, Nested, Child, Poly)
NAMES = (
    "number",
    "price",
    "name",
    "paid",
    "note",
    "nr",
    "order",
    "numbers",
    "extra",
    "self",
    "__x",
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(CHARACTERS, max_size=4)
BLESSED = st.fixed_dictionaries({"ns": st.sampled_from(["lanes.Order", "lanes.Poly", "other"])})
ORDERS = st.fixed_dictionaries({"number": LEAVES, "price": LEAVES, "name": LEAVES, "paid": LEAVES})
VALUES = LEAVES | st.lists(LEAVES, max_size=2) | ORDERS


def data_of(model: Any) -> st.SearchStrategy[Any]:
    """Mostly what the model asks for, in any order; some fields more or less; anything else."""
    fields = [each.input_name for each in model._options.descriptors.values()]
    full = st.permutations(fields).flatmap(
        lambda names: st.fixed_dictionaries({name: VALUES for name in names})
    )
    odd = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)
    blessed = st.tuples(full, BLESSED).map(lambda both: {**both[0], "__faust": both[1]})
    return full | st.tuples(full, odd).map(lambda both: both[0] | both[1]) | odd | blessed | VALUES


@pytest.mark.parametrize(
    "model",
    [
        model
        if model in QUICK
        else pytest.param(
            model,
            # Made by Faust itself.
            marks=pytest.mark.thorough("test_the_quick_way_is_taken_for_plain_models_alone"),
        )
        for model in MODELS
    ],
)
@given(data=st.data())
def test_a_record_is_made_as_faust_makes_it(model: Any, data: st.DataObject) -> None:
    given_data = data.draw(data_of(model))
    assert made(builder(model), given_data) == made(
        partial(model.from_data, preferred_type=model), given_data
    )


def made(make: Any, data: Any) -> tuple[Any, ...]:
    """The kind and all attributes of what is made, in order, or the kind of the error."""
    try:
        record = make(dict(data) if isinstance(data, dict) else data)
    except Exception as error:
        return type(error), str(error)
    return type(record), repr(list(vars(record).items()) if hasattr(record, "__dict__") else record)


def test_the_quick_way_is_taken_for_plain_models_alone() -> None:
    for model in MODELS:
        make = builder(model)
        assert isinstance(make, partial) != (model in QUICK)
        if isinstance(make, partial):
            assert (make.func, make.args) == (model.from_data, ())
            assert make.keywords == {"preferred_type": model}


def test_a_record_has_a_dictionary_of_its_own() -> None:
    data = {"number": 1, "price": 2.0, "name": "a", "paid": True}
    first, second = builder(Order)(data), builder(Order)(data)
    first.number = 5
    assert (first.number, second.number, data["number"]) == (5, 1, 1)
    assert first != second
    assert second.asdict() == data
