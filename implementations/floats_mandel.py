"""Python floats: the same two functions, with the coordinates as Python's own numbers.

With a NumPy scalar every operation looks up its type and boxes its result. The interpreter knows
its own float and takes a short cut. in_mandel is repeated here, word for word, because
the interpreter specialises each function for the types that it has met in it.
"""

from implementations.grid import Heights, grid
from implementations.problems import WINDOW, Window


def in_mandel(cx: float, cy: float, max_iter: int) -> int:
    """The step at which the point (cx, cy) escapes, or max_iter."""
    x = cx
    y = cy
    for i in range(max_iter):
        # Not x**2: that calls the C library's pow, which may be wrong in the last bit.
        x2 = x * x
        y2 = y * y
        if x2 + y2 >= 4:
            return i
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return max_iter


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    x_floats: list[float] = x_vals.tolist()
    y_floats: list[float] = y_vals.tolist()
    for i in range(N_x):
        for j in range(N_y):
            height[i, j] = in_mandel(x_floats[i], y_floats[j], N_iter)
    return height
