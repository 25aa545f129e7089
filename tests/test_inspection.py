"""What a derivative shows of itself."""

import subprocess
import sys

import numpy as np

import adcompile as ad
from adcompile.inspection import pieces


def straight(x, y):
    return np.sin(x) + x * y


def product(x, n):
    s = 1.0
    for _ in range(n):
        s = s * np.sin(x)
        s = s * s
    return s


def nested(x, n, m):
    s = 1.0
    for _ in range(n):
        for _ in range(m):
            s = s * np.sin(s) * x
    return s


def searched(x):
    while abs(x) > 0.1:
        x = np.sin(x) * 0.5
    return x


def arrays(a, n):
    for _ in range(n):
        a = np.tanh(a) * a
    return np.sum(a)


def factorial_like(x, k):
    return x if k == 0 else np.sin(x) * factorial_like(x, k - 1)


def collected(x, n):
    found = []
    for i in range(n):
        found.append(np.sin(x) * i)
    return np.sum(np.stack(found))


def doc_of(lowered):
    return lowered.compile().__doc__


def blurred(image, taps, k):
    n = len(image) - len(taps)
    for _ in range(k):
        image[:n] = sum(tap * image[i : i + n] for i, tap in enumerate(taps))
    return np.sum(image)


def lines_of(function):
    first = function.__code__.co_firstlineno
    return lambda offset: first + offset


# -- what is saved


def test_a_straight_line_saves_nothing():
    lowered = ad.lower(straight, 1.0, 2.0)
    assert lowered.saved == ()
    assert doc_of(lowered).endswith("Saves nothing.")


def test_a_list_of_the_user_is_not_saved():
    assert ad.lower(collected, 0.3, 4).saved == ()


def test_what_a_loop_saves_is_told_with_its_lines():
    at = lines_of(product)
    lowered = ad.lower(product, 0.3, 4)
    s = {r.line: r for r in lowered.saved if r.name == "s"}
    assert s[at(4)].bytes == "8 * n"
    assert s[at(4)].where == f"each iteration of line {at(2)}"
    assert s[at(4)].read_by == (at(3),)
    told = " ".join(doc_of(lowered).split())
    assert told.endswith(f"Saves s each iteration (line {at(3)} reads it).")


def test_a_list_is_told_where_a_loop_saves_it():
    lowered = ad.lower(blurred, np.ones(5), np.ones(2), 2, argnums=(0, 1))
    at = lines_of(blurred)
    found = {r.name: (r.where, r.bytes) for r in lowered.saved}
    assert found["a list"] == (f"each iteration of line {at(2)}", "sizeof(a list) * k")
    told = " ".join(doc_of(lowered).split())
    assert f"Saves in each iteration a list (line {at(3)} reads it), image (line {at(3)}) and total" in told


def test_the_two_loops_of_a_saved_value():
    at = lines_of(nested)
    found = ad.lower(nested, 0.3, 4, 3).saved
    assert {r.where for r in found} == {f"each iteration of line {at(2)} and line {at(3)}"}
    assert {r.bytes for r in found} == {"8 * n * m"}


def test_a_while_loop_saves_per_iteration():
    (record,) = ad.lower(searched, 2.0).saved
    assert (record.name, record.bytes) == ("x", "8 per iteration")
    assert "Saves x each iteration" in doc_of(ad.lower(searched, 2.0))


def test_the_size_of_arrays_is_a_formula_of_their_shapes():
    found = ad.lower(arrays, np.ones(3), 3).saved
    assert {r.bytes for r in found} == {"8 * a.shape[0] * n"}
    assert {r.name for r in found} <= {"a", "np.tanh(a)"}


def test_recursion_saves_per_call():
    found = ad.lower(factorial_like, 0.5, 3).saved
    assert {r.where for r in found} == {"each call of factorial_like"}
    assert "Saves the intermediate values of each call of factorial_like." in doc_of(
        ad.lower(factorial_like, 0.5, 3)
    )


def test_a_split_derivative_saves_the_same():
    joint, split = ad.lower(product, 0.3, 4), ad.lower(product, 0.3, 4, mode="vjp")
    assert {(r.name, r.line) for r in split.saved} == {(r.name, r.line) for r in joint.saved} != set()


def test_forward_mode_does_not_speak_of_saving():
    lowered = ad.lower(product, 0.3, 4, mode="forward")
    assert lowered.saved == ()
    assert "Saves" not in doc_of(lowered)


# -- graphs


def test_a_lowered_derivative_shows_primal_and_derivative():
    graph = ad.lower(straight, 1.0, 2.0).graph
    assert [f.name for f in graph.functions] == ["straight", "straight_grad"]
    assert "np.sin(x)" in str(graph)
    assert "np.cos(x)" in str(graph)


def test_a_derivative_shows_the_graph_of_its_last_signature():
    derivative = ad.grad(straight)
    assert "x: ?" in str(derivative.graph)
    derivative(1.0, 2.0)
    assert [f.name for f in derivative.graph.functions] == ["straight_grad"]
    assert "x: float" in str(derivative.graph)


def test_a_split_derivative_shows_its_pullback():
    assert [f.name for f in ad.lower(product, 0.3, 4, mode="vjp").graph.functions] == [
        "product",
        "product_vjp",
        "pullback",
    ]


def test_looking_does_not_change_the_derivative():
    lowered = ad.lower(product, 0.3, 4)
    before = lowered.source
    str(lowered.graph), lowered.explain(), lowered.saved, lowered._repr_html_()
    assert lowered.source == before
    assert lowered.compile()(0.3, 4) == ad.grad(product)(0.3, 4)


# -- explanations


def test_explain_goes_backwards_and_names_lines_and_partials():
    at = lines_of(straight)
    text = ad.lower(straight, 1.0, 2.0, argnums=(0, 1)).explain()
    head, _, titles, _, *rows = text.splitlines()
    assert head == f"straight (test_inspection.py:{at(0)}), reverse mode, with respect to x, y"
    assert titles.split() == ["line", "primal", "chain-rule", "step"]
    steps = [row.split("  ")[-1].strip() for row in rows]
    assert steps[0] == "_3_bar = 1.0"
    assert "x_bar += _2_bar * y" in steps
    assert "y_bar += _2_bar * x" in steps
    assert "x_bar += _1_bar * np.cos(x)" in steps
    assert steps[-2:] == ["returns x_bar", "returns y_bar"]
    assert all(row.lstrip().startswith(str(at(1))) for row in rows if "np.sin" in row)


def test_explain_shows_loops_and_what_they_keep():
    text = ad.lower(product, 0.3, 4).explain()
    assert "backwards over for _ in range(n):" in text or "backwards over for" in text
    assert "s saved" in text


def test_explain_follows_recursion():
    text = ad.lower(factorial_like, 0.5, 3).explain()
    assert "by the derivative of factorial_like" in text
    assert "factorial_like, which calls itself" in text


def test_explain_in_forward_mode_goes_forwards():
    text = ad.lower(straight, 1.0, 2.0, mode="forward").explain()
    assert "forward mode" in text
    assert text.index("_1_dot = x_dot * np.cos(x)") < text.index("returns")


def test_explain_of_lists_and_branches():
    def chosen(x):
        parts = []
        for i in range(3):
            parts.append(np.sin(x) if x > i else x)
        return np.sum(np.stack(parts))

    for mode in ("reverse", "forward"):
        text = ad.lower(chosen, 1.5, mode=mode).explain()
        assert "list_append" in text
        assert "else:" in text


def test_explain_before_any_call_is_general():
    assert "np.cos(x)" in ad.grad(straight).explain()


def test_explain_of_what_is_made_of_derivatives_explains_the_steps_it_takes():
    hessian = ad.hessian(straight)
    hessian(1.0, 2.0)
    assert "forward mode" in hessian.explain()


# -- notebooks


def test_the_page_escapes_and_has_no_scripts():
    def f(x, y):
        return x * 2.0 if x < y and y > 0 else y

    text = ad.lower(f, 1.0, 2.0)._repr_html_()
    assert "<script" not in text
    assert "x &lt; y" in text
    assert "x < y" not in text
    assert text.count("<svg") == 1
    assert "prefers-color-scheme" in text


def test_a_derivative_that_cannot_be_compiled_still_shows_in_a_notebook():
    def f(x):
        yield x

    text = ad.grad(f)._repr_html_()
    assert text.startswith("<pre>")
    assert "&lt;grad of" in text


def test_pieces_join_to_the_source():
    source = ad.lower(product, 0.3, 4).source
    cut = pieces(source)
    assert "".join(text for _, text in cut) == source
    assert ("keyword", "def") in cut
    assert any(kind == "comment" and text.startswith("# line") for kind, text in cut)


def test_importing_the_package_stays_cheap():
    code = "import sys, adcompile; print(sorted({'tokenize', 'argparse', 'xml'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "argparse" not in out
