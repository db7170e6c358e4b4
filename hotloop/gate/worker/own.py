"""The standard library as it was when the worker started, whatever a suite replaces later.

A suite may stop the clock (``time.perf_counter = lambda: 1.0``; freezegun also looks for the real
functions among the attributes of all modules), or replace ``os.fork`` or ``select.select`` with its
own (gevent, pyfakefs). The benchmark then uses those, and the worker uses these:
``from .own import os, time``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gc as gc
    import json as json
    import os as os
    import resource as resource
    import select as select
    import signal as signal
    import time as time
else:
    import importlib
    import types

    def _as_it_is(name):
        return types.SimpleNamespace(**vars(importlib.import_module(name)))

    gc, json, os, resource, select, signal, time = map(
        _as_it_is, ("gc", "json", "os", "resource", "select", "signal", "time")
    )
