// The two loops in C++ with pybind11: arrays come in as arrays, and the GIL is let go meanwhile.
#include <cstdint>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;

static int64_t in_mandel(double cx, double cy, int64_t max_iter) {
    double x = cx, y = cy;
    for (int64_t i = 0; i < max_iter; i++) {
        const double x2 = x * x, y2 = y * y;
        if (x2 + y2 >= 4.0) return i;
        y = 2.0 * x * y + cy;
        x = x2 - y2 + cx;
    }
    return max_iter;
}

static void fill(py::array_t<double> x_array, py::array_t<double> y_array,
                 py::array_t<int64_t> height_array, int64_t max_iter) {
    const auto x_vals = x_array.unchecked<1>();
    const auto y_vals = y_array.unchecked<1>();
    auto height = height_array.mutable_unchecked<2>();
    const py::gil_scoped_release release;
    for (py::ssize_t i = 0; i < x_vals.shape(0); i++)
        for (py::ssize_t j = 0; j < y_vals.shape(0); j++)
            height(i, j) = in_mandel(x_vals(i), y_vals(j), max_iter);
}

PYBIND11_MODULE(pybind11_mandel, module) {
    // noconvert: a copy of height would be filled and thrown away.
    module.def("fill", &fill, py::arg().noconvert(), py::arg().noconvert(), py::arg().noconvert(),
               py::arg());
}
