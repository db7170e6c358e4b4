"""What runs inside the contenders' processes: any Python from 3.8 on, and nothing of ours but this.

loading    a user's file, module or statement -> a callable
problem    the input: problem(), or an expression; fresh copies of it
workload   one contender's calls
answers    an answer -> a file, and its digest
equal      the first difference of two answers
judge      a process that lists functions and compares answers
"""
