"""From the bytes of a record to its value and key, as Faust's registry and schema do it.

Faust looks up the codec and walks five functions for every record, and a descriptor for every
field. Here that is done once for a channel, and only where nobody has replaced any of it; whatever
raises goes the long way once more, so that the error is Faust's own.
"""

from collections.abc import Callable
from typing import Any

from faust.serializers import codecs
from faust.serializers.registry import Registry
from faust.serializers.schemas import Schema
from faust.topics import Topic
from faust.types import ModelT
from faust.utils import json

from .models import builder

Decode = Callable[[Any], Any]


def is_plain(channel: Any) -> bool:
    """Whether the channel is a topic that decodes as Faust does, with no method replaced."""
    kind, schema = type(channel), type(channel.schema)
    return (
        isinstance(channel, Topic)
        and kind._compile_decode is Topic._compile_decode
        and kind.decode is Topic.decode
        and all(
            getattr(schema, name) is getattr(Schema, name)
            for name in ("compile", "decode", "loads_key", "loads_value")
        )
        and type(channel.app.serializers) is Registry
    )


def value_decoder(channel: Any) -> Decode:
    """Return the function from a fetched record to its value; it raises ValueDecodeError."""
    schema, registry = channel.schema, channel.app.serializers
    typ = schema.value_type
    allow_empty = schema.allow_empty
    serializer = registry._serializer(typ, schema.value_serializer, registry.value_serializer)

    def the_long_way(record: Any) -> Any:
        if record.value is None and allow_empty:
            return None
        return registry.loads_value(typ, record.value, serializer=schema.value_serializer)

    loads = _loads(serializer)
    if loads is None or not isinstance(typ, type) or not issubclass(typ, ModelT):
        return the_long_way
    build = builder(typ)

    def decode(record: Any) -> Any:
        try:
            return build(loads(record.value))
        except Exception:
            return the_long_way(record)

    return decode


def key_decoder(channel: Any) -> Decode:
    """Return the function from a fetched record to its key; it raises KeyDecodeError."""
    schema, registry = channel.schema, channel.app.serializers
    is_untyped = schema.key_type is None

    def decode(record: Any) -> Any:
        if is_untyped and record.key is None:
            return None
        return registry.loads_key(schema.key_type, record.key, serializer=schema.key_serializer)

    return decode


def keys_may_be_bad(channel: Any) -> bool:
    """Whether there are keys that cannot be decoded, so that each has to be, before its value."""
    schema, registry = channel.schema, channel.app.serializers
    serializer = schema.key_serializer or registry.key_serializer
    return schema.key_type not in (None, bytes) or serializer not in (None, "raw")


def _loads(serializer: Any) -> Callable[[Any], Any] | None:
    """The codec's function, or None if the value is to go the long way."""
    if serializer is None:
        return None
    try:
        codec = codecs.get_codec(serializer)
    except Exception:
        return None
    # None: not installed. It takes bytes; those that are not UTF-8 are an error to both.
    orjson = getattr(json, "orjson", None)
    if type(codec) is codecs.json and not codec.children and orjson is not None:
        loads: Callable[[Any], Any] = orjson.loads
        return loads
    return codec.loads
