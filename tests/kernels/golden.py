"""What the golden files of the kernels show: the gradient of each kernel's loss.

Out: `GOLDEN`, as `tests.golden_programs` has it; run as a script it prints all of it.
"""

import functools

from tests.golden_programs import Golden, emitted, print_digests
from tests.kernels import KERNELS, Kernel


def _of(kernel: Kernel) -> Golden:
    arguments = (*kernel.arguments(), *kernel.weights())
    argnums = kernel.argnums if len(kernel.argnums) > 1 else kernel.argnums[0]
    return Golden(
        f"kernels/{kernel.name}.grad",
        functools.partial(emitted, kernel.loss, arguments, argnums, "grad"),
    )


GOLDEN = [_of(kernel) for kernel in KERNELS]

if __name__ == "__main__":
    print_digests(GOLDEN)
