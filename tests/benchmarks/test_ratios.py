"""The adjoints by hand are our gradients, and the measuring of kernels; no time is asserted."""

from __future__ import annotations

import numpy as np
import pytest
import ratios
from adjoints import ADJOINTS
from ratios import Measured
from trees import leaves

import adcompile as ad
from tests import oracles
from tests.kernels import KERNELS

BY_NAME = {kernel.name: kernel for kernel in KERNELS}
SIZES = {
    "jacobi_2d": (3, 9),
    "heat_3d": (3, 6),
    "seidel_2d": (2, 7),
    "lu": (9,),
    "conv2d": (2, 6, 3, 2, 3),
    "lstm": (5, 3, 4),
}


@pytest.mark.parametrize("name", ADJOINTS)
def test_adjoint_by_hand_is_our_gradient(name):
    kernel = BY_NAME[name]
    args = (*kernel.arguments(*SIZES[name]), *kernel.weights(*SIZES[name]))
    before = oracles.flatten(args)
    hand = leaves(ADJOINTS[name](*args))
    gradient = leaves(ad.grad(kernel.loss, argnums=ratios.argnums(kernel))(*args))
    assert len(hand) == len(gradient)
    for by_hand, ours in zip(hand, gradient, strict=True):
        np.testing.assert_allclose(ours, by_hand, rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(oracles.flatten(args), before)


def test_a_gradient_that_is_not_the_one_by_hand_is_noticed():
    kernel = BY_NAME["jacobi_2d"]
    gradient = ad.grad(kernel.loss, argnums=kernel.argnums)
    assert not ratios.disagrees(kernel, gradient)
    assert ratios.disagrees(kernel, lambda *args: [g + 1e-3 for g in gradient(*args)])


def test_calls_take_turns_and_only_what_they_return_is_timed():
    order = []

    def call(name):
        def prepare():
            order.append(f"prepare {name}")
            return lambda: order.append(f"run {name}")

        return prepare

    times = ratios.processor_times([call("a"), call("b")], 2)
    assert order == [f"{what} {name}" for name in "abba" for what in ("prepare", "run")]
    assert [len(own) for own in times] == [2, 2]
    assert ratios.ratio([2.0, 3.0, 8.0], [1.0, 1.0, 1.0]) == 3.0


def test_peak_counts_what_a_call_allocates():
    assert 8_000_000 <= ratios.peak(lambda: np.zeros(1_000_000).sum()) < 8_100_000


FOUND = [
    Measured("one", 2e-3, 2.0, 2.5, None, 0, 2**20),
    Measured("two", 2e-3, 7.0, 7.5, 1.1, 2**19, 2**21),
    Measured("three", 2e-3, 2.5, 2.5, 1.2, 0, 0),
]


def test_complaints_name_what_is_beyond_its_bound(monkeypatch):
    assert ratios.complaints(FOUND) == [
        "two: 7.00 times the kernel, more than 6.0",
        "three: 1.20 times the adjoint by hand, more than 1.15",
    ]
    assert ratios.complaints(FOUND[1:2])[0] == "the median ratio is 7.00, more than 3.0"
    monkeypatch.setitem(ratios.EXPLAINED, "two", "for a reason")
    assert len(ratios.complaints(FOUND)) == 1


def test_report_has_a_row_for_each_kernel():
    text = ratios.report(FOUND, {"one": [1.0, 2.0, 4.1]})
    assert "| one | 2 ms | 2.00 × | 2.50 × | – | 0.0 MiB and 1.0 MiB |" in text
    assert "| two | 2 ms | 7.00 × | 7.50 × | 1.10 × | 0.5 MiB and 2.0 MiB |" in text
    assert "| one | 1.00 × | 2.00 × | 4.10 × |" in text
    assert "3 kernels; `grad` takes 2.50 times the kernel in the median, 7.00 times at most." in text


def test_what_is_explained_and_what_is_stepped_are_kernels():
    assert {*ratios.EXPLAINED, *ratios.STEPPING, *ADJOINTS} <= BY_NAME.keys()
    page = ratios.PAGE.read_text(encoding="utf-8")
    assert [page.count(marker) for marker in ratios.MARKERS] == [1, 1]
    for name in ratios.EXPLAINED:
        assert f"`{name}`" in page


def test_unknown_name_and_wrong_options(capsys):
    assert ratios.main(["--only", "no_such_kernel"]) == 2
    assert "jacobi_2d" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        ratios.main(["--only", "lu", "--write"])
