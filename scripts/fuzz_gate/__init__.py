"""Random asv projects whose verdicts are known by construction, compared with the gate's.

    draw       one suite with its truth, a pure function of a seed
    layouts    the project around it: where its package lies, how it is built and installed
    trial      commit both sides, run the gate, compare its answer with the truth
    results    result files that are damaged at random, given to ``hotloop gate --from``
    command    the command line

A finding is a verdict that the truth excludes, or an end that no exit code documents.
"""
