"""The source of each rung: what it changes in that of an earlier rung."""

from hotloop.compute.result import ComputeResult, VariantResult
from hotloop.report.listing import Listing, changes, whole


def listings(result: ComputeResult) -> list[Listing]:
    """One for each rung whose source is known, in the result's order."""
    known = {variant.name: variant for variant in result.variants}
    return [_listing(variant, known) for variant in result.variants if variant.source is not None]


def _listing(variant: VariantResult, known: dict[str, VariantResult]) -> Listing:
    source = variant.source
    assert source is not None
    title = f"{variant.name}: {variant.idea}"
    earlier = known.get(source.after or "")
    if earlier is None or earlier.source is None:
        return Listing(title, source.file, whole(source.text))
    if earlier.source.text == source.text:
        return Listing(title, f"{source.file}, the same file as {earlier.name}", ())
    note = f"{source.file}, beside {earlier.name}"
    return Listing(title, note, changes(earlier.source.text, source.text))
