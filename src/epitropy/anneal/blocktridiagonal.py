"""Linear equations with small square blocks on three diagonals, solved in place."""

from __future__ import annotations

from .fluxes import kernel


@kernel
def factor(low, mid, up, diagonal):
    """LU of (diagonal - J) in place, J given by its blocks (cells, size, size).

    ``mid`` keeps each pivot as LU, ``up`` becomes pivot^-1 up. No exchange of rows: (diagonal - J) of a flux form
    is dominated by its diagonal.
    """
    cells, size, _ = mid.shape
    for k in range(cells):
        a = mid[k]
        for i in range(size):
            for j in range(size):
                a[i, j] = -a[i, j]
            a[i, i] += diagonal
        if k > 0:
            before = up[k - 1]
            for i in range(size):
                for m in range(size):
                    share = low[k, i, m]
                    for j in range(size):
                        a[i, j] -= share * before[m, j]
        _factor_block(a)
        if k < cells - 1:
            _solve_block(a, up[k])


@kernel
def _factor_block(a):
    """LU of a small matrix in place, reciprocal pivots on the diagonal."""
    size = a.shape[0]
    for p in range(size):
        a[p, p] = 1 / a[p, p]
        for i in range(p + 1, size):
            a[i, p] *= a[p, p]
            for j in range(p + 1, size):
                a[i, j] -= a[i, p] * a[p, j]


@kernel
def _solve_block(a, b):
    """b <- a^-1 b with the LU of `_factor_block`; b has several columns."""
    size = a.shape[0]
    for i in range(size):
        for m in range(i):
            for j in range(size):
                b[i, j] -= a[i, m] * b[m, j]
    for i in range(size - 1, -1, -1):
        for m in range(i + 1, size):
            for j in range(size):
                b[i, j] -= a[i, m] * b[m, j]
        for j in range(size):
            b[i, j] *= a[i, i]


@kernel
def solve(low, mid, up, x):
    """Solve with the blocks of `factor`, overwriting the right-hand side ``x`` (cells, size)."""
    cells, size = x.shape
    for k in range(cells):
        if k > 0:
            for i in range(size):
                for m in range(size):
                    x[k, i] += low[k, i, m] * x[k - 1, m]
        for i in range(size):
            for m in range(i):
                x[k, i] -= mid[k, i, m] * x[k, m]
        for i in range(size - 1, -1, -1):
            for m in range(i + 1, size):
                x[k, i] -= mid[k, i, m] * x[k, m]
            x[k, i] *= mid[k, i, i]
    for k in range(cells - 2, -1, -1):
        for i in range(size):
            for m in range(size):
                x[k, i] += up[k, i, m] * x[k + 1, m]
