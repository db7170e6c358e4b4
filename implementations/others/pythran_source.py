"""What pythran compiles: its users write plain functions and say which types they export."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def in_mandel(cx, cy, max_iter):
    """The step at which the point (cx, cy) escapes, or max_iter."""
    x = cx
    y = cy
    for i in range(max_iter):
        x2 = x * x
        y2 = y * y
        if x2 + y2 >= 4:
            return i
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return max_iter


# pythran export fill(float64[:], float64[:], int64[:, :], int64)
def fill(x_vals, y_vals, height, max_iter):
    """The escape steps of the points (x_vals[i], y_vals[j]) into height."""
    # omp parallel for schedule(dynamic)
    for i in range(len(x_vals)):
        for j in range(len(y_vals)):
            height[i, j] = in_mandel(x_vals[i], y_vals[j], max_iter)
