"""The table of error codes.

In: nothing. Out: `CODES`, which gives every code a title and an explanation with an example of what to write
instead; `python -m adcompile explain AD101` prints it. Not for raising: the exceptions are in `errors.py`.

AD1xx is syntax that is not accepted, AD2xx a derivative that does not exist or a wrong call, AD3xx a function
whose source cannot be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent, indent

__all__ = ["CODES", "Code"]


@dataclass(frozen=True)
class Code:
    """One kind of error.

    Attributes
    ----------
    code : str
        The short name, such as ``"AD101"``. A code is never given a new meaning.
    title : str
        One line.
    explanation : str
        Why this is refused, and a small example of what to write instead.
    """

    code: str
    title: str
    explanation: str


def _code(code: str, title: str, why: str, before: str, after: str) -> Code:
    """Lay out one row; `before` and `after` are Python."""
    text = " ".join(why.split())
    blocks = [indent(dedent(block).strip("\n"), "    ") for block in (before, after)]
    return Code(code, title, f"{text}\n\nInstead of\n\n{blocks[0]}\n\nwrite\n\n{blocks[1]}\n")


_SYNTAX = (
    _code(
        "AD101",
        "a generator function",
        """A function that contains `yield` has no result of its own: its values arrive one by one, between
        pieces of the caller's code. So it cannot be differentiated itself. It can be called, and is run
        through at once; not so with a `yield` in a `while`, `try` or `with`, or one whose value is used.
        Collect the values in a list, or reduce them where they arise.""",
        """
        def halves(x):
            while abs(x) > 1.0:
                yield x
                x = x / 2
        """,
        """
        def halves(x):
            items = []
            while abs(x) > 1.0:
                items.append(x)
                x = x / 2
            return items
        """,
    ),
    _code(
        "AD102",
        "async or await",
        """A coroutine may be suspended at every `await`, and other code may then change what it computes
        with. Await the data first, and differentiate an ordinary function of that data.""",
        """
        async def loss(w, source):
            batch = await source.get()
            return np.sum((batch @ w) ** 2)
        """,
        """
        def loss(w, batch):
            return np.sum((batch @ w) ** 2)

        async def step(w, source):
            return ad.grad(loss)(w, await source.get())
        """,
    ),
    _code(
        "AD103",
        "a try statement",
        """Which statements of a `try` body have run depends on where an exception came from, so the way
        back through it is not known when the derivative is written. A body of which nothing that may raise
        happens at run time is fine, and so is `try: ... finally: ...` without handlers. Otherwise test the
        condition before the operation that would fail, or put the `try` around the call of the
        derivative.""",
        """
        def ratio(x, y):
            try:
                return x / y
            except ZeroDivisionError:
                return 0.0
        """,
        """
        def ratio(x, y):
            if y == 0.0:
                return 0.0
            return x / y
        """,
    ),
    _code(
        "AD104",
        "a class inside a function",
        """A `class` statement runs arbitrary code and makes a new type at every call. Define the class at
        the top of the module; its objects may be built and used inside the function.""",
        """
        def energy(x):
            class Spring:
                k = 2.0
            return Spring.k * x * x
        """,
        """
        class Spring:
            k = 2.0

        def energy(x):
            return Spring.k * x * x
        """,
    ),
    _code(
        "AD105",
        "del of something other than a name",
        """`del` of a name is understood. Deleting an item, a slice or an attribute changes the structure of
        a container, which has to be known when the derivative is written. Build the container without the
        item.""",
        """
        def total(params):
            del params["bias"]
            return sum(params.values())
        """,
        """
        def total(params):
            return sum(value for key, value in params.items() if key != "bias")
        """,
    ),
    _code(
        "AD106",
        "a context manager that cannot be followed",
        """A `with` statement is accepted when its manager only sets the scene (`np.errstate`, a lock, a
        timer): no value that is differentiated may enter it, and it may not swallow exceptions. This one
        does more, or cannot be seen through.""",
        """
        def f(x):
            with scaled(x) as y:
                return y * y
        """,
        """
        def f(x):
            y = 0.5 * x
            return y * y
        """,
    ),
    _code(
        "AD107",
        "an import that runs a module",
        """An `import` inside a function is accepted where its module is loaded already, and only looked up.
        This one would run the module at the first call, and what its names mean is not known before. Import
        at the top of the module.""",
        """
        def brightness(x):
            import colorsys
            return colorsys.rgb_to_hsv(x, 0.5 * x, 0.2 * x)[2]
        """,
        """
        import colorsys

        def brightness(x):
            return colorsys.rgb_to_hsv(x, 0.5 * x, 0.2 * x)[2]
        """,
    ),
    _code(
        "AD108",
        "a change of an array other than a write",
        """Assignments to items, slices and masks, `op=`, `fill`, `sort` and `out=` are understood. This
        changes an array in a way that is not: its size, its flags, the bytes that it is made of, or an order
        that NumPy leaves open (`resize`, `setflags`, `byteswap`, `partition` and their kin). Make a new
        array, or assign to the items.""",
        """
        def f(x):
            y = np.sin(x)
            y.resize(2)
            return np.sum(y)
        """,
        """
        def f(x):
            y = np.sin(x)[:2].copy()
            return np.sum(y)
        """,
    ),
    _code(
        "AD109",
        "assignment to a global or nonlocal name",
        """Reading a global or an enclosing variable is understood. Assigning to it gives the function a
        second result that its caller does not see, and that the derivative would set as well. Return the
        value.""",
        """
        def loss(w):
            global last
            last = w * w
            return last
        """,
        """
        def loss(w):
            return w * w

        last = loss(w)
        """,
    ),
    _code(
        "AD110",
        "a match pattern that is not understood",
        """Patterns that compare with constants, capture, or take sequences, mappings and classes of known
        structure apart are understood. Others depend on the values at run time. Write the test as `if`.""",
        """
        def f(shape, x):
            match shape:
                case {"kind": kind, **rest}:
                    return x * len(rest)
        """,
        """
        def f(shape, x):
            if "kind" in shape:
                return x * (len(shape) - 1)
        """,
    ),
    _code(
        "AD111",
        "a write near what may be a view or a copy",
        """`reshape`, `ravel` and their kin give a view of an array where its layout allows it, and a copy
        where it does not. Of arrays with one axis, of those that the function itself makes with `zeros`,
        `ones`, `empty` or `full`, of arguments in C order, of what is computed from such and of rows of it,
        it is known. Of others it is known at run time only, and so is whether a write into the one is seen
        in the other, if there still is another. `diagonal` and `broadcast_to` give views that cannot be
        written. Write into the array itself, or into a copy.""",
        """
        def f(x):
            y = x.T * x.T
            flat = y.reshape(-1)
            flat[0] = 1.0
            return np.sum(y)
        """,
        """
        def f(x):
            y = x * x
            y[0, 0] = 1.0
            return np.sum(y)
        """,
    ),
    _code(
        "AD112",
        "a write into an array that may be another variable's",
        """A variable that is read later may hold the array that is written, or another one, and nothing tells
        which: that depends on a place in a list of run-time length, or on a function that may return its
        operand. What a branch or a loop chose is followed, and so is a list that a loop over a known range of
        up to 64 numbers makes. Write where it is known which array it is, or into
        a copy. The same is said of arguments that overlap in memory, if none of them contains the others.""",
        """
        def f(x):
            items = []
            y = np.zeros(len(x))
            for k in range(len(x)):
                y[k] = x[k]
                items.append(y)
            return sum(np.sum(y) for y in items)
        """,
        """
        def f(x):
            items = []
            y = np.zeros(len(x))
            for k in range(len(x)):
                y[k] = x[k]
                items.append(y.copy())
            return sum(np.sum(y) for y in items)
        """,
    ),
    _code(
        "AD113",
        "a write into something that cannot be written",
        """What is written has to be an array whose dtype and origin are known, and what `op=` puts there has
        to fit its dtype: NumPy puts no floats into an array of integers in place.""",
        """
        def f(x):
            total = np.zeros(3, dtype=int)
            total += x * x
            return np.sum(total)
        """,
        """
        def f(x):
            total = np.zeros(3)
            total += x * x
            return np.sum(total)
        """,
    ),
    _code(
        "AD199",
        "syntax that is not understood",
        """Everything that is not understood is refused, never skipped: a statement that is left out would
        make the derivative wrong without a word. Write the same with assignments, arithmetic, calls, `if`,
        `for` and `while`, or keep it out of the function that is differentiated.""",
        """
        def f(x):
            exec("y = x * x")
            return y
        """,
        """
        def f(x):
            y = x * x
            return y
        """,
    ),
)

_DERIVATIVE = (
    _code(
        "AD201",
        "no rule for this function",
        """A value that is differentiated enters a function that has neither a rule nor Python source that
        can be followed. Use a function with a rule, write it out in Python, or register a rule for it. If
        its result shall count as a constant, say so with `stop_gradient`.""",
        """
        def f(x):
            return library.smooth(x)
        """,
        """
        def f(x):
            return library.smooth(ad.stop_gradient(x))
        """,
    ),
    _code(
        "AD202",
        "a keyword that the rule does not support",
        """The function has a rule, but not for this keyword. The keyword may change the result, so it is
        not ignored. Write its effect as an operation of its own.""",
        """
        def f(x, mask):
            return np.sum(x, where=mask)
        """,
        """
        def f(x, mask):
            return np.sum(np.where(mask, x, 0.0))
        """,
    ),
    _code(
        "AD203",
        "an integer argument",
        """A derivative with respect to an integer, a bool or an integer array does not exist: the function
        is defined at isolated points only. Often a float was meant.""",
        """
        ad.grad(f)(2)
        """,
        """
        ad.grad(f)(2.0)
        """,
    ),
    _code(
        "AD204",
        "an output with more than one element",
        """`grad` is for functions with one number as result. For more, ask for the matrix of all partial
        derivatives (`jacobian`), or for its product with a vector (`vjp`, `jvp`), or reduce the result to
        one number.""",
        """
        ad.grad(lambda x: np.sin(x))(np.ones(3))
        """,
        """
        ad.jacobian(lambda x: np.sin(x))(np.ones(3))
        """,
    ),
    _code(
        "AD205",
        "a complex output",
        """A complex result is two real ones, so it has no single gradient unless the function is
        holomorphic. Say so if it is; otherwise return a real number such as the squared modulus.""",
        """
        ad.grad(lambda z: z * z)(1.0 + 2.0j)
        """,
        """
        ad.grad(lambda z: z * z, holomorphic=True)(1.0 + 2.0j)
        """,
    ),
    _code(
        "AD206",
        "an operation that is not differentiable",
        """The operation has no derivative in its argument, not even zero almost everywhere: it reads bits,
        an identity or text, or its result is not a number. Keep it away from the values that are
        differentiated, or mark its argument as constant.""",
        """
        def f(x):
            return x * float(str(x))
        """,
        """
        def f(x):
            return x * x
        """,
    ),
    _code(
        "AD207",
        "a type that changes over a loop",
        """A variable that one iteration hands to the next must have one type, that is one kind of number,
        one dtype and one number of dimensions. Start it as what the loop makes of it.""",
        """
        def f(xs):
            total = None
            for x in xs:
                total = x if total is None else total + x
            return total
        """,
        """
        def f(xs):
            total = 0.0
            for x in xs:
                total = total + x
            return total
        """,
    ),
    _code(
        "AD208",
        "a container that changes its structure",
        """After a branch or a loop, a tuple, dict or object must have the same items whichever way was
        taken. Give both branches the same structure. (A list may grow by `append` in a loop.)""",
        """
        def f(x, extra):
            state = {"a": x}
            if extra:
                state["b"] = x * x
            return sum(state.values())
        """,
        """
        def f(x, extra):
            state = {"a": x, "b": 0.0}
            if extra:
                state["b"] = x * x
            return sum(state.values())
        """,
    ),
    _code(
        "AD209",
        "a structure that must be known when the derivative is compiled",
        """The number of items, the key or the axis that is asked for depends on values that are known at
        run time only. Take it from something that is fixed for the call: a constant, a shape, the structure
        of an argument.""",
        """
        def f(params, x):
            return params["w" + str(int(x))] * x
        """,
        """
        def f(params, x):
            return params["w0"] * x if x < 1.0 else params["w1"] * x
        """,
    ),
    _code(
        "AD210",
        "a wrong argument",
        """A function of adcompile was called with an argument that it does not take: an `argnums` that
        names no parameter, something that cannot be called, tangents that do not fit their primals.""",
        """
        ad.grad(lambda x, y: x * y, argnums=2)(1.0, 2.0)
        """,
        """
        ad.grad(lambda x, y: x * y, argnums=1)(1.0, 2.0)
        """,
    ),
    _code(
        "AD211",
        "a call that checkpointed code would repeat",
        """Of checkpointed code nothing is kept but what enters it: the backward sweep computes the rest
        again. What the code calls in Python, such as a random number generator, is not called twice. Where
        the derivative needs what such a call returned, make the call before, and hand its result over.""",
        """
        @ad.checkpoint
        def dropout(x):
            return x * (np.random.rand(len(x)) > 0.5)
        """,
        """
        @ad.checkpoint
        def dropout(x, mask):
            return x * mask

        y = dropout(x, np.random.rand(len(x)) > 0.5)
        """,
    ),
)

_SOURCE = (
    _code(
        "AD301",
        "a function without source",
        """A derivative is compiled from the text of the function, and Python has kept none: the function
        was made by `exec` or `eval`, given to `python -c`, typed at the prompt of a Python before 3.13, or
        imported from a compiled file without its source. Put it into a file or a notebook cell, or register
        its text with `linecache`.""",
        """
        exec("def f(x): return x * x")
        """,
        """
        text = "def f(x): return x * x"
        linecache.cache["<mine>"] = (len(text), None, [text], "<mine>")
        exec(compile(text, "<mine>", "exec"))
        """,
    ),
    _code(
        "AD302",
        "not a Python function",
        """The object is implemented in C, or is no function at all, so there is no Python text to follow.
        Wrap it in a function if there is a rule for it, or register a rule.""",
        """
        ad.lower(math.sin)
        """,
        """
        ad.lower(lambda x: math.sin(x))
        """,
    ),
    _code(
        "AD303",
        "source that is not the code being run",
        """The text of the file, compiled again, is not the code of this function: the file was edited after
        it was imported, or an import hook rewrote the function. A derivative of that text would be the
        derivative of another function. Reload the module, or restart Python.""",
        """
        derivative = ad.grad(model.loss)
        """,
        """
        importlib.reload(model)
        derivative = ad.grad(model.loss)
        """,
    ),
    _code(
        "AD304",
        "lambdas that cannot be told apart",
        """Several lambdas on one line have the same code but not the same text, and this Python does not
        record the column. Put them on lines of their own, or give them names.""",
        """
        f, g = lambda x, k=1.0: x * k, lambda x, k=2.0: x * k
        """,
        """
        f = lambda x, k=1.0: x * k
        g = lambda x, k=2.0: x * k
        """,
    ),
)

CODES: dict[str, Code] = {row.code: row for row in (*_SYNTAX, *_DERIVATIVE, *_SOURCE)}
