"""The gate's result as JUnit XML, which CI systems other than GitHub's show beside their tests.

There is no standard; the elements are those that Jenkins, GitLab and Azure read
(https://github.com/testmoapp/junitxml).
"""

from xml.etree import ElementTree

from hotloop.base.text import name, sentence
from hotloop.gate import cells, explained
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.report.layout import Style


def render(result: GateResult) -> str:
    """XML text: a test case for each benchmark; slower and broken ones are failures.

    What could not be judged, because it is undecided or did not run, is skipped, with its reason.
    """
    suite = ElementTree.Element(
        "testsuite",
        name="hotloop gate",
        tests=str(len(result.benchmarks)),
        failures=str(sum(_fails(b) for b in result.benchmarks)),
        errors="0",
        skipped=str(sum(_is_skipped(b, result) for b in result.benchmarks)),
        time=f"{result.elapsed_seconds:.3f}",
    )
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (
        ("base", cells.contender(result.base)),
        ("head", cells.contender(result.head)),
        ("conclusion", cells.conclusion(result)),
        *(("warning", sentence(warning)) for warning in result.warnings),
    ):
        ElementTree.SubElement(properties, "property", name=key, value=value)
    for benchmark in result.benchmarks:
        suite.append(_case(benchmark, result))
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(benchmark: BenchmarkResult, result: GateResult) -> ElementTree.Element:
    owner, mark, own = _parts(name(benchmark.name))
    case = ElementTree.Element(
        "testcase",
        classname=owner,
        name=name(benchmark.label).removeprefix(owner + mark) or own,
        time=f"{benchmark.seconds:.3f}",
    )
    said = _said(benchmark, result)
    if _fails(benchmark):
        word = benchmark.verdict.value
        ElementTree.SubElement(case, "failure", type=word, message=said).text = said
    elif _is_skipped(benchmark, result):
        ElementTree.SubElement(case, "skipped", message=said)
    else:
        ElementTree.SubElement(case, "system-out").text = said
    return case


def _parts(benchmark: str) -> tuple[str, str, str]:
    """What a benchmark belongs to, what joins them, and its own name.

    That of pytest is a node id, which may have parameters: "tests/test_a.py::test_b[0.5::c]".
    """
    path, bracket, parameters = benchmark.partition("[")
    owner, mark, own = path.rpartition("::" if "::" in path else ".")
    return owner, mark, own + bracket + parameters


def _fails(benchmark: BenchmarkResult) -> bool:
    return benchmark.verdict.style is Style.BAD


def _is_skipped(benchmark: BenchmarkResult, result: GateResult) -> bool:
    """Whether it has no answer; a quick run asks only whether it runs."""
    verdict = benchmark.verdict
    is_unanswered = verdict.is_open and not result.merely_ran(benchmark)
    return not _fails(benchmark) and (is_unanswered or not verdict.by_numbers)


def _said(benchmark: BenchmarkResult, result: GateResult) -> str:
    """The row of the table in a sentence."""
    word = cells.verdict_word(benchmark, result)
    if benchmark.ratio is None:
        return f"{word}: {cells.reason(benchmark)}"
    why = explained.sentence_of(benchmark)
    return f"{word}: {cells.measured(benchmark)}" + (f". {why}" if why else "")
