"""Filters of images and of rows of pixels."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import partial

import numpy as np

from tests.kernels.kernel import Kernel, draws, record

KERNELS: list[Kernel] = []
add = partial(record, KERNELS)


def deriche(image, alpha):
    """Deriche's recursive smoothing: a causal and an anticausal pass along rows, then along columns."""
    k = (1.0 - np.exp(-alpha)) ** 2 / (1.0 + 2.0 * alpha * np.exp(-alpha) - np.exp(-2.0 * alpha))
    a1 = k
    a2 = k * np.exp(-alpha) * (alpha - 1.0)
    a3 = k * np.exp(-alpha) * (alpha + 1.0)
    a4 = -k * np.exp(-2.0 * alpha)
    b1 = 2.0 * np.exp(-alpha)
    b2 = -np.exp(-2.0 * alpha)

    def smooth(rows):
        width = rows.shape[1]
        ahead = np.empty_like(rows)
        back = np.empty_like(rows)
        ahead[:, 0] = a1 * rows[:, 0]
        ahead[:, 1] = a1 * rows[:, 1] + a2 * rows[:, 0] + b1 * ahead[:, 0]
        for j in range(2, width):
            ahead[:, j] = a1 * rows[:, j] + a2 * rows[:, j - 1] + b1 * ahead[:, j - 1] + b2 * ahead[:, j - 2]
        back[:, -1] = 0.0
        back[:, -2] = a3 * rows[:, -1]
        for j in range(width - 3, -1, -1):
            back[:, j] = a3 * rows[:, j + 1] + a4 * rows[:, j + 2] + b1 * back[:, j + 1] + b2 * back[:, j + 2]
        return ahead + back

    return smooth(smooth(image).T).T


add(deriche, lambda h, w: (*draws((h, w)), 0.25), small=(4, 5), large=(200, 220))


def convolution_2d(image, weights, out):
    """The valid correlation of an image with a small filter, one shifted image for each of its weights."""
    kh, kw = weights.shape
    h, w = out.shape
    out[...] = 0.0
    for i in range(kh):
        for j in range(kw):
            out += weights[i, j] * image[i : i + h, j : j + w]


add(
    convolution_2d,
    lambda h, w, k: tuple(draws((h, w), (k, k), (h - k + 1, w - k + 1))),
    small=(5, 6, 3),
    large=(400, 420, 5),
    writes="out",
    float32=True,
)


def separable_blur(image, taps, rounds):
    """Blur along both axes, mirrored at the borders, with one padded buffer for all rounds."""
    radius = len(taps) // 2
    h, w = image.shape
    padded = np.empty((h + 2 * radius, w + 2 * radius), dtype=image.dtype)
    inside = padded[radius:-radius, radius:-radius]
    for _ in range(rounds):
        inside[:] = image
        padded[:radius] = padded[2 * radius : radius : -1]
        padded[-radius:] = padded[-radius - 2 : -2 * radius - 2 : -1]
        padded[:, :radius] = padded[:, 2 * radius : radius : -1]
        padded[:, -radius:] = padded[:, -radius - 2 : -2 * radius - 2 : -1]
        rows = sum(tap * padded[:, i : i + w] for i, tap in enumerate(taps))
        image[:] = sum(tap * rows[i : i + h] for i, tap in enumerate(taps))


add(
    separable_blur,
    lambda n, rounds: (*draws((n, n)), np.array([0.25, 0.5, 0.25]), rounds),
    small=(5, 2),
    large=(250, 10),
    writes="image",
)


def sobel(image):
    """The length of the gradient inside of the frame, smoothed where it vanishes."""
    magnitude = np.zeros_like(image)
    gx = image[:, 2:] - image[:, :-2]
    gx = gx[:-2] + 2.0 * gx[1:-1] + gx[2:]
    gy = image[2:] - image[:-2]
    gy = gy[:, :-2] + 2.0 * gy[:, 1:-1] + gy[:, 2:]
    magnitude[1:-1, 1:-1] = np.sqrt(gx**2 + gy**2 + 1e-3)
    return magnitude


add(sobel, lambda h, w: tuple(draws((h, w))), small=(5, 4), large=(800, 820))


def box_blur(image, radius):
    """Means over squares by a summed-area table, squares cut off at the borders."""
    h, w = image.shape
    table = np.zeros((h + 1, w + 1), dtype=image.dtype)
    table[1:, 1:] = image.cumsum(axis=0).cumsum(axis=1)
    for i in range(h):
        top, bottom = max(i - radius, 0), min(i + radius + 1, h)
        for j in range(w):
            left, right = max(j - radius, 0), min(j + radius + 1, w)
            total = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
            image[i, j] = total / ((bottom - top) * (right - left))


add(box_blur, lambda n, radius: (*draws((n, n)), radius), small=(4, 1), large=(60, 3), writes="image")


def perona_malik(image, steps, kappa):
    """Diffusion that stops at edges; the four neighbours by shifted views of the image."""
    views = [
        (image[:-2, 1:-1], image[1:-1, 1:-1]),
        (image[2:, 1:-1], image[1:-1, 1:-1]),
        (image[1:-1, :-2], image[1:-1, 1:-1]),
        (image[1:-1, 2:], image[1:-1, 1:-1]),
    ]
    for _ in range(steps):
        change = np.zeros_like(image)
        for neighbour, centre in views:
            d = neighbour - centre
            change[1:-1, 1:-1] += np.exp(-((d / kappa) ** 2)) * d
        image += 0.2 * change


add(
    perona_malik,
    lambda n, steps: (*draws((n, n)), steps, 0.8),
    small=(5, 2),
    large=(200, 10),
    writes="image",
)


def warp(image, dx, dy):
    """Bilinear look-ups at displaced pixels, by integer arrays computed on the way."""
    h, w = image.shape
    y, x = np.mgrid[0:h, 0:w]
    fy, fx = y + dy, x + dx
    y0 = np.clip(np.floor(fy.real).astype(int), 0, h - 2)
    x0 = np.clip(np.floor(fx.real).astype(int), 0, w - 2)
    fy = fy - y0
    fx = fx - x0
    out = (1 - fy) * (1 - fx) * image[y0, x0]
    out += (1 - fy) * fx * image[y0, x0 + 1]
    out += fy * (1 - fx) * image[y0 + 1, x0]
    out += fy * fx * image[y0 + 1, x0 + 1]
    return out


add(warp, lambda h, w: tuple(draws((h, w), (h, w), (h, w))), small=(4, 5), large=(400, 420))


def splat(points, colours, canvas):
    """Points painted onto a canvas, later ones over earlier ones, then faded towards the picture below."""
    h, w = canvas.shape
    cells = np.floor(points.real).astype(int)
    rows, columns = cells[:, 0] % h, cells[:, 1] % w
    below = canvas[rows, columns]
    canvas[rows, columns] = colours * colours
    canvas[rows, columns] *= 0.5
    canvas[rows[::-1], columns[::-1]] += 0.25 * below[::-1]


add(
    splat,
    lambda n, h, w: (*draws((n, 2), low=0.1, high=3.9), *draws((n,), (h, w))),
    small=(9, 3, 2),
    large=(50000, 200, 200),
    writes="canvas",
)
