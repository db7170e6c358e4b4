//! The grid in Rust: a scalar loop, and one over vectors of eight points; columns shared by rayon.

use numpy::{PyReadonlyArray1, PyReadwriteArray2};
use pyo3::prelude::*;
use rayon::prelude::*;
use wide::f64x8;

const LANES: usize = 8;

/// The step at which the point (cx, cy) escapes, or max_iter.
#[inline]
fn escape(cx: f64, cy: f64, max_iter: i64) -> i64 {
    let (mut x, mut y) = (cx, cy);
    for i in 0..max_iter {
        let (x2, y2) = (x * x, y * y);
        if x2 + y2 >= 4.0 {
            return i;
        }
        y = 2.0 * x * y + cy;
        x = x2 - y2 + cx;
    }
    max_iter
}

/// The same for eight points of a column at once; a point that has escaped is computed on, masked.
#[inline]
fn escape_lanes(cx: f64, cy: f64x8, max_iter: i64, steps: &mut [i64]) {
    let (cx, four) = (f64x8::splat(cx), f64x8::splat(4.0));
    let (mut x, mut y) = (cx, cy);
    let mut count = [0i64; LANES];
    let mut inside = u32::MAX;
    for _ in 0..max_iter {
        let (x2, y2) = (x * x, y * y);
        inside &= (x2 + y2).simd_lt(four).to_bitmask();
        if inside & 0xff == 0 {
            break;
        }
        for (lane, count) in count.iter_mut().enumerate() {
            *count += i64::from(inside >> lane & 1);
        }
        y = (x + x) * y + cy;
        x = x2 - y2 + cx;
    }
    steps.copy_from_slice(&count[..steps.len()]);
}

fn column(cx: f64, y_vals: &[f64], max_iter: i64, steps: &mut [i64]) {
    for (step, &cy) in steps.iter_mut().zip(y_vals) {
        *step = escape(cx, cy, max_iter);
    }
}

fn column_in_lanes(cx: f64, y_vals: &[f64], max_iter: i64, steps: &mut [i64]) {
    for (steps, cy) in steps.chunks_mut(LANES).zip(y_vals.chunks(LANES)) {
        let mut lanes = [4.0; LANES];
        lanes[..cy.len()].copy_from_slice(cy);
        escape_lanes(cx, f64x8::new(lanes), max_iter, steps);
    }
}

type Column = fn(f64, &[f64], i64, &mut [i64]);

fn fill_columns(
    python: Python<'_>,
    x_vals: PyReadonlyArray1<f64>,
    y_vals: PyReadonlyArray1<f64>,
    mut height: PyReadwriteArray2<i64>,
    max_iter: i64,
    column: Column,
) -> PyResult<()> {
    let (x_vals, y_vals) = (x_vals.as_slice()?, y_vals.as_slice()?);
    let height = height.as_slice_mut()?;
    python.detach(|| {
        height
            .par_chunks_mut(y_vals.len())
            .zip(x_vals.par_iter())
            .with_max_len(1)
            .for_each(|(steps, &cx)| column(cx, y_vals, max_iter, steps));
    });
    Ok(())
}

#[pymodule]
mod rust_mandel {
    use super::*;

    /// Fill height (N_x, N_y) with escape steps, a point at a time.
    #[pyfunction]
    fn fill(
        python: Python<'_>,
        x_vals: PyReadonlyArray1<f64>,
        y_vals: PyReadonlyArray1<f64>,
        height: PyReadwriteArray2<i64>,
        max_iter: i64,
    ) -> PyResult<()> {
        fill_columns(python, x_vals, y_vals, height, max_iter, column)
    }

    /// Fill height (N_x, N_y) with escape steps, eight points at a time.
    #[pyfunction]
    fn fill_in_lanes(
        python: Python<'_>,
        x_vals: PyReadonlyArray1<f64>,
        y_vals: PyReadonlyArray1<f64>,
        height: PyReadwriteArray2<i64>,
        max_iter: i64,
    ) -> PyResult<()> {
        fill_columns(python, x_vals, y_vals, height, max_iter, column_in_lanes)
    }

    /// How many threads share the columns.
    #[pyfunction]
    fn threads() -> usize {
        rayon::current_num_threads()
    }
}
