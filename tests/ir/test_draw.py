"""The graph as a picture: DOT and SVG."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import numpy as np
import pytest

import adcompile as ad
from adcompile.ir.draw import Graph
from adcompile.ir.layout import Box, Edge, Group, Panel, place

SVG = "{http://www.w3.org/2000/svg}"


def straight(x, y):
    return np.sin(x) + x * y


def looped(x, n):
    s = 1.0
    for i in range(n):
        if s < 2.0:
            s = s * x + i
            s = s * 0.9
        else:
            s = np.sin(s)
    return s


def searched(x):
    while abs(x) > 0.1:
        x = np.sin(x) * 0.5
    return x


def escaped(x):
    for _ in range(5):
        x = x * 1.5
        if x > 2.0:
            break
    return x


CASES = [(straight, (1.0, 2.0)), (looped, (0.5, 3)), (searched, (2.0,)), (escaped, (0.7,))]


def graph_of(function, args):
    return Graph((ad.lower(function, *args).program.function,))


@pytest.mark.parametrize(("function", "args"), CASES)
def test_boxes_of_one_picture_do_not_overlap(function, args):
    root = ElementTree.fromstring(graph_of(function, args).svg())
    rects = []
    for group in root.iter(f"{SVG}g"):
        r = group.find(f"{SVG}rect")
        rects.append(tuple(float(r.get(k)) for k in ("x", "y", "width", "height")))
    assert len(rects) > 3
    for k, (x, y, w, h) in enumerate(rects):
        assert x >= 0 and x + w <= float(root.get("width"))
        assert y >= 0 and y + h <= float(root.get("height"))
        for a, b, c, d in rects[:k]:
            assert x + w <= a or a + c <= x or y + h <= b or b + d <= y


@pytest.mark.parametrize(("function", "args"), CASES)
def test_frames_hold_what_is_inside(function, args):
    root = ElementTree.fromstring(graph_of(function, args).svg())
    frames = [r for r in root.iter(f"{SVG}rect") if r.get("class") == "frame"]
    titles = [
        t.text for t in root.iter(f"{SVG}text") if t.text and t.text.startswith(("for ", "if ", "while"))
    ]
    assert len(frames) == len([t for t in titles if not t.startswith("while ")])


def test_the_picture_is_one_document_without_scripts_that_knows_light_and_dark():
    text = graph_of(*CASES[1]).svg()
    assert text.startswith("<svg ")
    assert "<script" not in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme: dark" in text
    assert text == graph_of(*CASES[1])._repr_svg_()


def test_labels_are_escaped():
    def f(x, y):
        return x if x < y else y * x

    text = graph_of(f, (1.0, 2.0)).svg()
    assert "x &lt; y" in text
    ElementTree.fromstring(text)


def test_dot_names_every_node_that_an_edge_uses():
    for function, args in CASES:
        text = graph_of(function, args).dot()
        assert text.startswith("digraph ") and text.count("{") == text.count("}")
        nodes = set(re.findall(r"^\s*(n\d+) \[", text, re.M))
        ends = re.findall(r"^\s*(n\d+) -> (n\d+);", text, re.M)
        assert ends and {e for pair in ends for e in pair} <= nodes


def test_dot_frames_loops_and_branches():
    text = graph_of(*CASES[1]).dot()
    assert 'label="for i in range(n)"' in text
    assert 'label="then"' in text and 'label="else"' in text


def test_wide_functions_go_below_each_other():
    lowered = ad.lower(looped, 0.5, 3).program.function
    one, four = Graph((lowered,)).svg(), Graph((lowered,) * 4).svg()
    height = [float(ElementTree.fromstring(s).get("height")) for s in (one, four)]
    assert height[1] > 2 * height[0]


def test_layout_puts_a_chain_straight_under_each_other():
    boxes = [Box(40.0, 20.0) for _ in range(4)]
    panel = Panel(
        [boxes[0]],
        [boxes[1], boxes[2]],
        [boxes[3]],
        [Edge(a, b) for a, b in pairwise(boxes)],
    )
    place(panel, 10.0, 20.0)
    assert len({b.x for b in boxes}) == 1
    assert [b.y for b in boxes] == sorted({b.y for b in boxes})


def test_layout_untangles_a_crossing():
    a, b, c, d = (Box(40.0, 20.0) for _ in range(4))
    panel = Panel([a, b], [c, d], [], [Edge(a, d), Edge(b, c)])
    place(panel, 0.0, 0.0)
    assert (a.x < b.x) == (d.x < c.x)


def test_layout_of_a_group_holds_its_panels():
    inside, out, before = Box(40.0, 20.0), Box(30.0, 20.0), Box(40.0, 20.0)
    leaving = Box(4.0, 0.0)
    inner = Panel([inside], [], [leaving], [Edge(inside, leaving)])
    group = Group("frame", [inner], [out], [Edge(leaving, out)])
    place(Panel([before], [group], [], [Edge(before, inside), Edge(before, group.entry, True)]), 0.0, 0.0)
    assert group.x <= inside.x and inside.x + inside.width <= group.x + group.width
    assert group.y <= inside.y < out.y and out.y + out.height <= group.y + group.height
    assert before.y + before.height < group.y


def test_an_empty_panel():
    panel = Panel([], [], [], [])
    place(panel, 0.0, 0.0)
    assert panel.width > 0 and panel.height > 0
