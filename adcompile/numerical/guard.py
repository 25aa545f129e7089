"""Complex numbers that know when a program takes from them what has no derivative in the complex plane.

In: complex arguments. Out: the same numbers, as arrays whose absolute values, conjugates and real parts are
`Lost`; and whether a result depends on such values. Not for numbers that leave these arrays, through
`complex`, `np.array([…])` or an array that is not made from them: differences have to judge those.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..leaves import children, map_leaves

# what NumPy computes with conjugates, or by a branch in the complex plane that is not that of real numbers;
# what has real values need not be named
_CONJUGATING = {
    np.conjugate, np.sign, np.vdot, np.correlate, np.cov, np.corrcoef,
    np.linalg.cholesky, np.linalg.eigh, np.linalg.lstsq, np.linalg.pinv, np.linalg.qr, np.linalg.slogdet,
    np.linalg.svd, np.polyfit, *(getattr(np, name) for name in ("vecdot", "vecmat") if hasattr(np, name)),
}  # fmt: skip
# what takes the form of an array and none of its values, and what may return real numbers it was given
_FORMS = {np.zeros_like, np.ones_like, np.empty_like}
_GIVEN = {np.where, np.full_like}
# what of real numbers changes in jumps alone, and so decides, as a comparison does
_DECIDING = {np.sign, np.floor, np.ceil, np.trunc, np.rint}
_FOLDERS = tuple(os.path.dirname(os.path.abspath(file)) + os.sep for file in (np.__file__, __file__))


class DerivativeLost(Exception):
    """A value without a derivative in the complex plane goes where the guard cannot follow it."""


class Lost(NDArrayOperatorsMixin):
    """What has been taken from complex numbers without a derivative, and all that depends on it.

    It can be compared or rounded: a loop may end when an absolute value is small, and the sign of a real part
    may be a factor. Anything else with it is lost, too.

    Attributes
    ----------
    plain : ndarray or number
        The values.
    why : str
        What was taken, and where.
    """

    def __init__(self, plain: Any, why: str) -> None:
        self.plain, self.why = plain, why

    def _leaves(self, *_: Any, **__: Any) -> Any:
        raise DerivativeLost(self.why)

    __array__ = __float__ = __complex__ = _leaves

    def __int__(self) -> int:
        return int(self.plain)

    def __bool__(self) -> bool:
        return bool(self.plain)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return _applied(ufunc, getattr(ufunc, method), inputs, options)

    def __array_function__(self, function: Callable[..., Any], _: Any, inputs: Any, options: Any) -> Any:
        return _applied(function, function, inputs, options)

    def __getitem__(self, key: Any) -> Lost:
        return Lost(self.plain[_plain(key)], self.why)

    def __len__(self) -> int:
        return len(self.plain)

    def __repr__(self) -> str:
        return repr(self.plain)

    def __format__(self, spec: str) -> str:
        return format(self.plain, spec)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.plain, name)
        if callable(found):
            return lambda *inputs, **options: Lost(found(*_plain(inputs), **_plain(options)), self.why)
        return Lost(found, self.why) if isinstance(found, (np.ndarray, np.inexact)) else found


def _taking(name: str) -> Any:
    """A method of arrays whose result is lost."""

    def method(self: Guarded, *inputs: Any, **options: Any) -> Lost:
        found = getattr(_plain(self), name)(*_plain(inputs), **_plain(options))
        return Lost(found, _told(name))

    return method


class Guarded(np.ndarray[Any, np.dtype[Any]]):
    """An array of complex numbers, or one of them, that tells what is taken from it."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return _applied(ufunc, getattr(ufunc, method), inputs, options)

    def __array_function__(self, function: Callable[..., Any], _: Any, inputs: Any, options: Any) -> Any:
        return _applied(function, function, inputs, options)

    def __getitem__(self, key: Any) -> Any:
        return _wrapped(_plain(self)[_plain(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        _plain(self)[_plain(key)] = _kept(value)

    real = property(lambda self: Lost(_plain(self).real, _told("real")))
    imag = property(lambda self: Lost(_plain(self).imag, _told("imag")))
    conj = conjugate = _taking("conjugate")
    std, var = _taking("std"), _taking("var")

    def __repr__(self) -> str:
        return repr(_plain(self))

    def __str__(self) -> str:
        return str(_plain(self)[()])

    def __format__(self, spec: str) -> str:
        return format(_plain(self)[()], spec)


def guarded(arguments: Any) -> Any:
    """Arguments whose complex numbers are guarded."""
    return map_leaves(lambda leaf: _wrapped(np.array(leaf)), arguments)


def lost_in(result: Any) -> str | None:
    """Why a result has no derivative, as far as the guard knows."""
    if isinstance(result, Lost):
        return result.why
    parts = None if isinstance(result, np.ndarray) else children(result)
    return next((why for why in map(lost_in, parts or ()) if why), None)


def loss_behind(error: BaseException | None) -> str | None:
    """Why an error is there, if it is because of a lost value: NumPy raises its own errors from those."""
    while error is not None and not isinstance(error, DerivativeLost):
        error = error.__cause__ or error.__context__
    return None if error is None else str(error)


def _applied(function: Any, call: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
    """What a function of NumPy returns for guarded and lost values."""
    outs = options.get("out") or ()
    outs = outs if isinstance(outs, tuple) else (outs,)
    decides = function in _DECIDING and isinstance(inputs[0], Lost) and _is_real(inputs[0].plain)
    why = None if function in _FORMS or decides else _why(inputs) or _why(tuple(options.values()))
    found = call(*_plain(inputs), **_plain(options))
    is_known = decides or function in _FORMS or function in _GIVEN
    if why is None and not is_known and (function in _CONJUGATING or _is_real(found)):
        why = _told(function.__name__)
    if why is None:
        return outs[0] if len(outs) == 1 else _wrapped(found)
    # what returns nothing has written into an argument
    if found is None or any(out is not None for out in outs):
        raise DerivativeLost(why)
    return _lost(found, why)


def _is_real(found: Any) -> bool:
    """Whether a result has floating-point numbers, and none that is complex."""
    parts = found if isinstance(found, (tuple, list)) else (found,)
    kinds = {part.dtype.kind for part in parts if isinstance(part, (np.ndarray, np.generic))}
    return "f" in kinds and "c" not in kinds


def _lost(found: Any, why: str) -> Any:
    """A result whose numbers are lost; truth values, which decide what is done, are not."""
    if isinstance(found, tuple):
        parts = [_lost(part, why) for part in found]
        return type(found)(*parts) if hasattr(found, "_fields") else tuple(parts)
    if isinstance(found, list):
        return [_lost(part, why) for part in found]
    is_number = isinstance(found, (np.ndarray, np.generic)) and found.dtype.kind in "fc"
    return Lost(found, why) if is_number or isinstance(found, (float, complex)) else found


def _wrapped(found: Any) -> Any:
    """A result with its complex numbers guarded."""
    if isinstance(found, tuple):
        parts = [_wrapped(part) for part in found]
        return type(found)(*parts) if hasattr(found, "_fields") else tuple(parts)
    if isinstance(found, list):
        return [_wrapped(part) for part in found]
    if isinstance(found, (np.ndarray, np.complexfloating)) and found.dtype.kind == "c":
        return np.asarray(found).view(Guarded)
    return found


def _plain(value: Any) -> Any:
    """The same values in plain arrays, which share memory with the guarded ones."""
    if isinstance(value, Lost):
        return value.plain
    if isinstance(value, Guarded):
        return value.view(np.ndarray)
    if type(value) in (tuple, list):
        return type(value)(map(_plain, value))
    return {key: _plain(part) for key, part in value.items()} if type(value) is dict else value


def _kept(value: Any) -> Any:
    """A value that is written into an array, in a plain one."""
    why = _why(value)
    if why is not None:
        raise DerivativeLost(why)
    return _plain(value)


def _why(value: Any) -> str | None:
    if isinstance(value, Lost):
        return value.why
    parts = value if type(value) in (tuple, list) else ()
    return next((why for why in map(_why, parts) if why), None)


def _told(name: str) -> str:
    """What was taken from complex numbers, and where in the program that was."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_FOLDERS):
        frame = frame.f_back
    place = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
    return f"`{name}` of a complex number has no derivative ({place})"
