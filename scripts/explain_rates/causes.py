"""All made causes, by name."""

from collections.abc import Mapping

from scripts.explain_rates import depot, ledger, shop
from scripts.explain_rates.cause import Cause

CAUSES: Mapping[str, Cause] = {**shop.CAUSES, **ledger.CAUSES, **depot.CAUSES}
