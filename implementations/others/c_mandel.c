/* As one would write it in C: no more than the loops. */

#include <stdint.h>

static int in_mandel(double cx, double cy, int max_iter) {
    double x = cx, y = cy;
    for (int i = 0; i < max_iter; i++) {
        const double x2 = x * x, y2 = y * y;
        if (x2 + y2 >= 4.0) return i;
        y = 2.0 * x * y + cy;
        x = x2 - y2 + cx;
    }
    return max_iter;
}

void fill(const double *x_vals, const double *y_vals, int64_t *height, int64_t n_x, int64_t n_y,
          int max_iter) {
    for (int64_t i = 0; i < n_x; i++) {
        for (int64_t j = 0; j < n_y; j++) {
            height[i * n_y + j] = in_mandel(x_vals[i], y_vals[j], max_iter);
        }
    }
}
