"""A ``faust.Record`` from a dictionary, as its generated ``__init__`` makes it.

That goes through a descriptor for each field, which for most fields does nothing: no coercion, no
conversion, no tag. Where this is so for every field, the fields are the dictionary.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import faust
from faust.models import fields
from faust.models.base import Model

# Those that keep what they are given, unless they are to coerce it.
PLAIN_FIELDS = (fields.BooleanField, fields.FloatField, fields.IntegerField, fields.StringField)

Build = Callable[[Any], Any]


def builder(typ: type) -> Build:
    """Return what does as ``typ.from_data(data, preferred_type=typ)``, for a kind of model."""
    from_data = partial(cast(Any, typ).from_data, preferred_type=typ)
    return _quick(typ, from_data) if _is_plain(typ) else from_data


def _quick(typ: type, from_data: Build) -> Build:
    options = cast(Any, typ)._options
    names = tuple(options.fieldpos.values())
    number, known = len(names), frozenset(names)
    # Where a field has one, it stands for None too.
    has_defaults = any(options.defaults.get(name) is not None for name in options.optionalset)
    new = cast(Any, typ).__new__

    def build(data: Any) -> Any:
        if type(data) is not dict or len(data) != number:
            return from_data(data)
        if tuple(data) != names:
            if data.keys() != known:
                return from_data(data)
            data = {name: data[name] for name in names}
        if has_defaults and None in data.values():
            return from_data(data)
        made = new(typ)
        made.__dict__ = {"__evaluated_fields__": set(), **data}
        return made

    return build


def _is_plain(typ: type) -> bool:
    """Whether Faust generated all of its making, and it only keeps what it is given."""
    if not issubclass(typ, faust.Record):
        return False
    model = cast(Any, typ)
    options = model._options
    return (
        not model.__is_abstract__
        and hasattr(model.__init__, "__sourcecode__")
        and not hasattr(model, "__post_init__")
        and not options.validation
        and model.__new__ is object.__new__
        and model.__setattr__ is object.__setattr__
        and model.from_data.__func__ is cast(Any, faust.Record.from_data).__func__
        and model._maybe_namespace.__func__ is cast(Any, Model._maybe_namespace).__func__
        and 0 < len(options.fieldpos) == len(options.descriptors)
        and Model._blessed_key not in options.descriptors
        and all(
            getattr(model, name) is field and _keeps_its_value(name, field)
            for name, field in options.descriptors.items()
        )
    )


def _keeps_its_value(name: str, field: Any) -> bool:
    return (
        type(field) in PLAIN_FIELDS
        and field.field == field.input_name == name
        and not field.coerce
        and not field.tag
        and not field.lazy_coercion
        and field._to_python is None
    )
