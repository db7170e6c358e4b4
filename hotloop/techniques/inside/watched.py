"""What was noted, as plain values for the driver and the builders.

functions   by qualified name: names and what they held, what they returned
classes     by name: the fields and what they held
wide        integers that no machine word holds, or that ``/`` would round: line, text, bits
widest      the widest integer of all
"""

from __future__ import annotations

import types
from typing import Any

from hotloop.techniques.inside import kinds
from hotloop.techniques.inside.notes import WORD_BITS, Notes, Site


def watched(notes: Notes, module: types.ModuleType, function: Any) -> dict[str, Any]:
    """All that the driver needs of the notes."""
    file = function.__code__.co_filename
    functions: dict[str, Any] = {}
    classes: dict[str, Any] = {}
    for site in notes.sites:
        if site.file != file or not site.types:
            continue
        if site.kind == "field":
            _merge(classes.setdefault(site.scope, {}), site, module.__name__)
            continue
        of = functions.setdefault(site.scope, {"names": {}, "returns": {}})
        if site.kind == "name":
            _merge(of["names"], site, module.__name__)
        elif site.kind == "return":
            _merge(of["returns"], site, module.__name__)
    seen = {site.scope for site in notes.sites if site.types}
    used = [site for site in notes.constants if site.scope in seen]
    widest = max([*notes.sites, *used], key=lambda site: site.bits, default=None)
    return {
        "functions": functions,
        "classes": classes,
        "wide": [_wide(site) for site in [*notes.sites, *used] if _is_wide(site)],
        "widest": None if widest is None or not widest.bits else _wide(widest),
    }


def _is_wide(site: Site) -> bool:
    """Whether a machine word does not do for its integers."""
    return site.bits > WORD_BITS or site.divided


def _wide(site: Site) -> dict[str, Any]:
    return {
        "file": site.file,
        "line": site.line,
        "text": site.text,
        "bits": site.bits,
        "divided": site.divided and site.bits <= WORD_BITS,
    }


def _merge(into: dict[str, Any], site: Site, module: str) -> None:
    """Add what a site saw to what is known of its name."""
    found = into.setdefault(site.name, {"types": [], "bits": 0, "annotation": None, "arrays": []})
    found["types"] = sorted({*found["types"], *(_type(kind, module) for kind in site.types)})
    found["bits"] = max(found["bits"], site.bits)
    if kinds.is_array(site.last):
        array: Any = site.last
        found["arrays"] = sorted({*found["arrays"], f"{array.dtype} {array.ndim}"})
    elif site.last is not None:
        # What its last container holds stands for all of them.
        one = kinds.annotation([site.last], module)
        if found["annotation"] is None or "object" in found["annotation"]:
            found["annotation"] = one


def _type(kind: type, module: str) -> str:
    """ "int", "list", "np.float64", "Particle" for a class of the user's file, "re.Pattern"."""
    if kind.__module__ in ("builtins", module):
        return kind.__qualname__
    return f"{'np' if kind.__module__ == 'numpy' else kind.__module__}.{kind.__qualname__}"
