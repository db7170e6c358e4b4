/* C. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static unsigned char letters[4096];
static const unsigned short weights[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
static long smaller(long left, long right);
static long larger(long left, long right);
/* == */
static PyObject *chain(PyObject *self, PyObject *argument)
{
    long turns = PyLong_AsLong(argument);
    unsigned long long state = 88172645463325252ULL;
    for (long turn = 0; turn < turns; turn++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    return PyLong_FromUnsignedLongLong(state);
}
/* == */
static PyObject *collatz(PyObject *self, PyObject *argument)
{
    long turns = PyLong_AsLong(argument), total = 0;
    for (long turn = 0; turn < turns; turn++) {
        long value = 27 + (turn & 3);
        while (value != 1) {
            if (value & 1)
                value = 3 * value + 1;
            else
                value >>= 1;
            total++;
        }
    }
    return PyLong_FromLong(total);
}
/* == */
static PyObject *search(PyObject *self, PyObject *argument)
{
    long turns = PyLong_AsLong(argument), total = 0;
    for (long turn = 0; turn < turns; turn++) {
        unsigned char wanted = (turn & 3) * 61;
        unsigned int place = 0;
        while (place < 4095 && letters[place] != wanted)
            place++;
        total += place;
    }
    return PyLong_FromLong(total);
}
/* == */
static PyObject *states(PyObject *self, PyObject *argument)
{
    long turns = PyLong_AsLong(argument), total = 0;
    for (long turn = 0; turn < turns; turn++) {
        int state = turn & 3;
        for (int place = 0; place < 512; place++) {
            unsigned char letter = letters[place];
            switch (state) {
            case 0: state = letter & 1 ? 1 : 2; total += 1; break;
            case 1: state = letter & 2 ? 3 : 0; total += weights[letter & 15]; break;
            case 2: state = letter & 4 ? 0 : 4; total ^= letter; break;
            case 3: state = letter & 8 ? 4 : 1; total -= 2; break;
            default: state = letter & 16 ? 2 : 0; total += 3; break;
            }
        }
    }
    return PyLong_FromLong(total);
}
/* == */
static __attribute__((noinline)) long smaller(long left, long right)
{
    return left > right ? left - 1 : left + 1;
}
/* == */
static __attribute__((noinline)) long larger(long left, long right)
{
    return left < right ? left + 2 : left - 3;
}
/* == */
static PyObject *calls(PyObject *self, PyObject *argument)
{
    long turns = PyLong_AsLong(argument), total = 0;
    for (long turn = 0; turn < turns; turn++)
        total = total & 4 ? smaller(total, turn & 15) : larger(total, turn & 15);
    return PyLong_FromLong(total);
}
/* == */
static PyMethodDef methods[] = {
    {"chain", chain, METH_O, NULL},
    {"collatz", collatz, METH_O, NULL},
    {"search", search, METH_O, NULL},
    {"states", states, METH_O, NULL},
    {"calls", calls, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native", NULL, -1, methods};

PyMODINIT_FUNC PyInit_native(void)
{
    for (int place = 0; place < 4096; place++)
        letters[place] = ((unsigned int)place * 2654435761u >> 7) & 0xFF;
    return PyModule_Create(&module);
}
