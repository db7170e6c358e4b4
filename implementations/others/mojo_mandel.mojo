"""The grid in Mojo: vectors of points, in one thread."""

from std.memory import UnsafePointer
from std.sys import simd_width_of

comptime float64s = UnsafePointer[Float64, MutAnyOrigin]
comptime int64s = UnsafePointer[Int64, MutAnyOrigin]
comptime LANES = 2 * simd_width_of[DType.float64]()


def escape[width: Int](cx: Float64, cy: SIMD[DType.float64, width], max_iter: Int) -> SIMD[DType.int64, width]:
    var x = SIMD[DType.float64, width](cx)
    var y = cy
    var count = SIMD[DType.int64, width](0)
    var inside = SIMD[DType.bool, width](fill=True)
    for _ in range(max_iter):
        var x2 = x * x
        var y2 = y * y
        inside &= (x2 + y2).lt(4.0)
        if not any(inside):
            break
        count += inside.cast[DType.int64]()
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return count


@export("fill")
def fill(x_vals: float64s, y_vals: float64s, height: int64s, n_x: Int, n_y: Int, max_iter: Int) abi("C"):
    for i in range(n_x):
        var j = 0
        while j + LANES <= n_y:
            var steps = escape[LANES](x_vals[i], (y_vals + j).load[width=LANES](), max_iter)
            (height + i * n_y + j).store(steps)
            j += LANES
        while j < n_y:
            height[i * n_y + j] = escape[1](x_vals[i], y_vals[j], max_iter)
            j += 1
