"""What runs inside processes of their own: the user's function is loaded, watched, built, called.

examiner   a process that watches the function at work on its examples
users      which files are the user's own
notes      types and the widest integers, by the place where they were seen
watching   a copy of the user's code that notes them
watched    what was noted, as plain values for the driver
profile    where the time is
kinds      what a value is, in words and as an annotation
outcomes   answers whose objects another process can read
builder    a process that compiles a copy: Cython, mypyc, pythran
c_types    what was watched -> C types in a .pxd
annotated  what was watched -> annotations in a copy
jit        the functions that a function calls -> numba's dispatchers
convert    lists -> arrays and numba's own containers, and back
workload   one technique's calls, as the timing core makes them
written    the comparison in the tests that --write leaves
"""
