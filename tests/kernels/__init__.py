"""Numerical kernels as NumPy users write them: in place, with slices, loops and helper functions.

Out: `KERNELS`, all families in one tuple.
"""

from tests.kernels import algebra, images, networks, others, physics, solvers, statistics, stencils
from tests.kernels.kernel import Kernel

FAMILIES = (algebra, solvers, stencils, statistics, images, networks, physics, others)
KERNELS: tuple[Kernel, ...] = tuple(kernel for family in FAMILIES for kernel in family.KERNELS)

__all__ = ["FAMILIES", "KERNELS", "Kernel"]
