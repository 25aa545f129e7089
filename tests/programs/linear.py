"""Products of vectors and matrices, einsum in its forms, and the linear algebra of `np.linalg`."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def product_vectors(x, y):
    return x @ y * np.dot(x, x) + np.inner(x, y) ** 2 + np.vdot(x, y) + x.dot(y)


add(product_vectors, (draw(3), draw(3, seed=1)), autograd=False, features="@, dot, inner, vdot")


def product_matrix_vector(a, x):
    return a @ x + np.dot(a, x) * np.matmul(a, x) + a.dot(x) ** 2 + np.inner(a, x)


add(
    product_matrix_vector,
    (draw(2, 3), draw(3)),
    holomorphic=True,
    autograd=False,
    features="@, dot, matmul, inner",
)


def product_vector_matrix(x, a):
    return x @ a + np.dot(x, a) * np.matmul(x, a) - np.inner(x, a.T)


add(product_vector_matrix, (draw(2), draw(2, 3)), holomorphic=True, features="@, dot, matmul, inner")


def product_matrices(a, b):
    return a @ b + np.dot(a, b) * np.matmul(a, b) + np.inner(a, b.T)


add(
    product_matrices,
    (draw(2, 3), draw(3, 4)),
    (draw(1, 3), draw(3, 1)),
    (draw(2, 1), draw(1, 2)),
    holomorphic=True,
    features="@, dot, matmul, inner",
)


def product_stacked(a, b):
    return a @ b


add(
    product_stacked,
    (draw(4, 2, 3), draw(4, 3, 2)),
    (draw(4, 2, 3), draw(3, 2)),
    (draw(2, 3), draw(4, 3, 2)),
    (draw(1, 2, 3), draw(4, 3, 2)),
    (draw(4, 2, 3), draw(3)),
    (draw(3), draw(4, 3, 2)),
    (draw(2, 1, 2, 3), draw(3, 3, 2)),
    holomorphic=True,
    features="@, stacked, broadcast",
)


def dot_of_scalars(x, a):
    return np.dot(x, a) + np.dot(a, x) * np.outer(x, a)[0]


add(dot_of_scalars, (0.7, draw(3)), holomorphic=True, autograd=False, features="np.dot of a scalar")


def dot_of_rank_three(a, b):
    return np.dot(a, b)


add(
    dot_of_rank_three,
    (draw(2, 2, 3), draw(3)),
    (draw(2, 2, 3), draw(2, 3, 2)),
    holomorphic=True,
    features="np.dot",
)


def outer_products(x, y):
    return np.outer(x, y) * np.outer(y, x).T


add(outer_products, (draw(2), draw(3)), holomorphic=True, autograd=False, features="np.outer")


def outer_of_matrices(x, y):
    return np.outer(x, y) ** 2


add(outer_of_matrices, (draw(2, 2), draw(3)), holomorphic=True, autograd=False, features="np.outer")


def quadratic_form(a, x):
    return x @ a @ x + x.T @ (a + a.T) @ x / 2.0


add(quadratic_form, (draw(3, 3), draw(3)), holomorphic=True, features="@")


def einsum_products(a, b, x):
    first = np.einsum("ij,jk->ik", a, b)
    second = np.einsum("ij,j", a, x)
    third = np.einsum("ij,jk,j->i", a, b, x)
    return first @ x[:2] * second + third


add(einsum_products, (draw(2, 3), draw(3, 2), draw(3)), holomorphic=True, features="np.einsum")


def einsum_contractions(a, b):
    inner = np.einsum("ij,ij->", a, b)
    rows = np.einsum("ij->i", a) * np.einsum("ij,ij->i", a, b)
    return inner * rows + np.einsum("ij->ji", a).sum(axis=0) + np.einsum("i,j->ij", rows, rows)[0]


add(einsum_contractions, (draw(2, 3), draw(2, 3, seed=1)), holomorphic=True, features="np.einsum")


def einsum_diagonal(a):
    return np.einsum("ii->i", a) * np.einsum("ii", a) + np.einsum("ii->", a @ a)


add(einsum_diagonal, (draw(3, 3),), holomorphic=True, autograd=False, features="np.einsum, repeated index")


def einsum_ellipsis(a, b):
    return np.einsum("...ij,...jk->...ik", a, b) + np.einsum("...ij,jk", a, b[0])


add(einsum_ellipsis, (draw(2, 2, 3), draw(2, 3, 2)), holomorphic=True, features="np.einsum, ellipsis")


def einsum_batch(a, b):
    scores = np.einsum("bqd,bkd->bqk", a, b)
    return np.einsum("bqk,bkd->bqd", scores, b) + np.einsum("bqd->bq", a)[:, :, None]


add(einsum_batch, (draw(2, 2, 3), draw(2, 4, 3)), holomorphic=True, features="np.einsum")


def einsum_broadcast(x, y):
    return np.einsum("i,i->i", x, y) * np.einsum(",i->i", 2.0, y)


add(einsum_broadcast, (draw(3), draw(3, seed=1)), holomorphic=True, features="np.einsum")


def tensordots(a, b):
    return np.tensordot(a, b, axes=1) + np.tensordot(a, b, axes=([1], [0]))


add(tensordots, (draw(2, 3), draw(3, 2)), holomorphic=True, features="np.tensordot")


def kronecker(a, b):
    return np.kron(a, b) ** 2


add(kronecker, (draw(2, 2), draw(2, 3)), holomorphic=True, features="np.kron")


def solves(a, b):
    matrix = a @ a.T + 2.0 * np.eye(3)
    return np.linalg.solve(matrix, b) * b


add(solves, (draw(3, 3), draw(3)), (draw(3, 3), draw(3, 2)), holomorphic=True, features="np.linalg.solve")


def solves_stacked(a, b):
    return np.linalg.solve(a + 4.0 * np.eye(2), b)


add(
    solves_stacked,
    (draw(3, 2, 2), draw(3, 2, 1)),
    (draw(3, 2, 2), draw(2, 2)),
    holomorphic=True,
    autograd=False,
    features="np.linalg.solve, stacked",
)


def inverts(a):
    return np.linalg.inv(a + 3.0 * np.eye(3)) @ a


add(inverts, (draw(3, 3),), holomorphic=True, features="np.linalg.inv")


def determinants(a):
    return np.linalg.det(a) + np.log(np.linalg.det(a @ a.T + np.eye(3)))


add(
    determinants,
    (draw(3, 3),),
    (np.array([[2.0, 0.5, 1.0], [0.0, 1.5, 0.5], [1.0, 0.0, 1.0]]),),
    holomorphic=True,
    features="np.linalg.det",
)


def determinant_of_stack(a):
    return np.linalg.det(a) * a[:, 0, 0] + np.linalg.inv(a + 3.0 * np.eye(2))[:, 1, 0]


add(
    determinant_of_stack, (draw(3, 2, 2),), holomorphic=True, features="np.linalg.det, np.linalg.inv, stacked"
)


def gaussian_log_likelihood(mean, root, x):
    covariance = root @ root.T + np.eye(len(mean))
    centered = x - mean
    log_det = np.log(np.linalg.det(covariance))
    return -0.5 * (
        centered @ np.linalg.solve(covariance, centered) + log_det + len(mean) * np.log(2.0 * np.pi)
    )


add(
    gaussian_log_likelihood,
    (draw(3), draw(3, 3), draw(3, seed=1)),
    holomorphic=True,
    features="np.linalg, model",
)


def ridge_regression(x, y, penalty):
    gram = x.T @ x + penalty * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x.T @ y)
    residual = y - x @ weights
    return residual @ residual + penalty * weights @ weights


add(ridge_regression, (draw(5, 2), draw(5), 0.7), holomorphic=True, features="np.linalg.solve, model")


def pairwise_distances(x, y):
    squares = np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1)[None, :] - 2.0 * x @ y.T
    return np.sqrt(squares)


add(pairwise_distances, (draw(3, 2), draw(4, 2, seed=1) + 3.0), holomorphic=True, features="broadcast, model")


def pairwise_differences(x):
    gap = x[:, None, :] - x[None, :, :]
    return np.sum(np.exp(-0.5 * np.sum(gap * gap, axis=-1)))


add(pairwise_differences, (draw(4, 2),), holomorphic=True, features="None index, broadcast, model")


def matrix_powers(a):
    result = np.eye(a.shape[0])
    for _ in range(4):
        result = result @ a
    return result + a @ a @ a


add(matrix_powers, (draw(3, 3),), holomorphic=True, features="@, loop")


def power_iteration(a, steps):
    matrix = a @ a.T + np.diag(np.arange(1.0, 4.0))
    v = np.ones(3)
    for _ in range(steps):
        v = matrix @ v
        v = v / np.linalg.norm(v)
    return v @ matrix @ v


add(power_iteration, (draw(3, 3), 6), (draw(3, 3), 0), argnums=(0,), features="np.linalg.norm, loop, model")


def normalized_rows(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


add(normalized_rows, (positive(3, 2),), autograd=False, features="np.linalg.norm, keepdims")


def cosine_similarity(x, y):
    return x @ y / (np.linalg.norm(x) * np.linalg.norm(y))


add(cosine_similarity, (draw(4), draw(4, seed=1)), features="np.linalg.norm, model")


def power_spectrum(x):
    spectrum = np.fft.rfft(x * np.hanning(np.size(x)))
    return np.abs(spectrum) ** 2 / np.size(x)


add(power_spectrum, (draw(6),), (draw(7),), autograd=False, features="np.fft.rfft")


def filtered_image(image, response):
    spectrum = np.fft.fftshift(np.fft.fft2(image))
    smooth = np.real(np.fft.ifft2(np.fft.ifftshift(spectrum * response)))
    return smooth - np.fft.irfftn(np.fft.rfftn(image * image), s=image.shape, axes=(0, 1))


add(filtered_image, (draw(4, 5), draw(4, 5, seed=1)), autograd=False, features="np.fft of several axes")


def convolved(x, kernel):
    n = x.size + kernel.size - 1
    return np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(kernel, n), n)[: x.size]


add(convolved, (draw(6), draw(3)), features="np.fft with lengths")
