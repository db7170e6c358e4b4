import numpy as np


def normal(x, y):
    d = x - y
    s = np.sqrt(d * d + 1.0)
    return float(np.sum(s) / len(s))


def problem():
    n = 20_000
    return np.linspace(0.0, 3.0, n), np.cos(np.linspace(0.0, 9.0, n))
