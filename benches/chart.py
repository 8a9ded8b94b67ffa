"""The figures as a bar chart: CPU time relative to Rust's, on a logarithmic scale, as SVG."""
import math
from xml.sax.saxutils import escape

from suite import PROGRAMS
from table import label

SERIES = [
    ("batuta run", "#d9480f"), ("batuta compiled", "#f59f00"), ("node", "#2f9e44"),
    ("luajit", "#1971c2"), ("sbcl", "#6741d9"), ("chez", "#9c36b5"), ("clojure", "#0c8599"),
    ("erlang", "#c2255c"),
]
LEFT, WIDTH, BAR, GAP, TOP = 190, 560, 11, 12, 74
LEAST, MOST = 0.25, 64.0


def place(ratio):
    """Where a ratio lies on the scale, in pixels from its left end."""
    clamped = min(max(ratio, LEAST), MOST)
    return math.log(clamped / LEAST) / math.log(MOST / LEAST) * WIDTH


def bars_of(program, found):
    """Name, colour and ratio of each bar; the first of a peer's variants stands for it."""
    base = found.get(label(program.peers[0]))
    if not base:
        return []
    bars = []
    for name, colour in SERIES:
        times = [t for key, t in found.items() if key == name or key.startswith(name + ", ")]
        if times:
            bars.append((name, colour, min(times) / base))
    return bars


def text(x, y, content, anchor="start", size=11):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}">'
            f"{escape(content)}</text>")


def scale(height):
    parts = []
    ratio = LEAST
    while ratio <= MOST:
        x = LEFT + place(ratio)
        colour = "#495057" if ratio == 1 else "#dee2e6"
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 8}" '
                     f'stroke="{colour}"/>')
        parts.append(text(x, TOP - 14, f"{ratio:g}×", "middle"))
        ratio *= 4 if ratio >= 1 else 2
    return parts


def legend():
    parts, x = [], 12
    for name, colour in SERIES:
        parts.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{colour}"/>')
        parts.append(text(x + 14, 39, name))
        x += 30 + 7 * len(name)
    return parts


def svg(figures):
    """The chart of all programs that have a Rust peer."""
    body, y = [], TOP
    for program in PROGRAMS:
        bars = bars_of(program, figures.get(program.name, {}))
        if not bars or program.peers[0].implementation != "rs":
            continue
        body.append(text(LEFT - 10, y + len(bars) * BAR / 2 + 4, program.title, "end", 12))
        for name, colour, ratio in bars:
            width = max(place(ratio), 1.0)
            body.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 2}" '
                        f'fill="{colour}"><title>{name}: {ratio:.2f}</title></rect>')
            body.append(text(LEFT + width + 4, y + BAR - 3, f"{ratio:.2f}", size=9))
            y += BAR
        y += GAP
    height, width = y + 8, LEFT + WIDTH + 60
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif">')
    title = text(12, 20, "CPU time relative to Rust (less is better, logarithmic)", size=14)
    ground = f'<rect width="{width}" height="{height}" fill="white"/>'
    return "\n".join([head, ground, title, *legend(), *scale(height), *body, "</svg>"]) + "\n"
