"""Why a benchmark became slower or faster: ``hotloop gate --explain``, after the verdict.

watched       processes of both sides that profile a benchmark in turns
profiles      what they saw, as figures of functions: pure
suspects      which parts of the code changed and run, the likeliest first: pure
swaps         head with base's version of a part, in turns beside head
finding       what swaps and profiles amount to: pure
places        one name for a file on both sides; the commits that changed its lines
surroundings  what else differs between the sides
explain       all of it, for the benchmarks that changed most
"""
