"""SVG plots of the rows that run.py measures. No library: a page of text is all that an SVG is."""

import math
from html import escape

STYLE = ("text{font:11px sans-serif;fill:#222}.h{font-weight:bold}.good{fill:#3a8f5c}.bad{fill:#c8702a}.plain{fill:#8a93a6}"
         ".range{stroke:#222;stroke-width:1}.grid{stroke:#ddd}.one{stroke:#222}.curve{fill:none;stroke-width:2}")
COLOURS = {"zmq": "#999999", "cppzmq": "#c7b299", "nng": "#b07aa1", "nng-aio": "#d4a6c8", "plain": "#59a14f", "plain-packed": "#8cd17d",
           "memcpy": "#bab0ac", "wye-zmq": "#4e79a7", "wye-nng": "#e15759", "wye-shm": "#f28e2b"}
MORE_COLOURS = ("#76b7b2", "#edc948", "#9c755f", "#ff9da7", "#1f77b4", "#17becf")


def colour(side):
    return COLOURS.get(side) or MORE_COLOURS[sum(side.encode()) % len(MORE_COLOURS)]


def human_size(size):
    return f"{size} B" if size < 1024 else f"{size >> 10} KiB" if size < 1 << 20 else f"{size >> 20} MiB"


def page(width, height, title, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"><style>{STYLE}</style>'
            f'<rect width="100%" height="100%" fill="#fff"/><text x="8" y="16" class="h">{escape(title)}</text>{"".join(parts)}</svg>\n')


def ratios(rows, title, captions):
    """One bar for each side that has a target, on a logarithmic scale around 1, which is the raw library."""
    height, left, width = 15, 290, 520
    judged = [r for r in rows if r.get("target")]
    low, high = 0.25, max([4.0] + [r["highest"] for r in judged])
    high = 2.0 ** math.ceil(math.log2(high))

    def x(ratio):
        return left + math.log(min(max(ratio, low), high) / low) / math.log(high / low) * width

    parts, y = [], 44
    for bench in captions:
        group = [r for r in judged if r["bench"] == bench]
        if not group:
            continue
        parts.append(f'<text x="8" y="{y + 12}" class="h">{bench}: {"more" if "rate" in group[0] else "less"} is better</text>')
        y += 20
        for r in group:
            a, b = sorted((x(1), x(r["ratio"])))
            name = f'{r["side"]} ÷ {r["base"]} {r["group"]} {r["transport"]} {human_size(r["size"])}'
            parts.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{escape(name)}</text>'
                         f'<rect x="{a:.1f}" y="{y + 2}" width="{max(b - a, 1):.1f}" height="{height - 4}" class="{"good" if r["met"] else "bad"}"/>'
                         f'<line x1="{x(r["lowest"]):.1f}" x2="{x(r["highest"]):.1f}" y1="{y + 7.5}" y2="{y + 7.5}" class="range"/>'
                         f'<text x="{left + width + 8}" y="{y + 11}">{r["ratio"]:.2f}</text>')
            y += height
        y += 12
    ticks = [2.0 ** e for e in range(round(math.log2(low)), round(math.log2(high)) + 1)]
    grid = [f'<line x1="{x(v):.1f}" x2="{x(v):.1f}" y1="36" y2="{y}" class="{"one" if v == 1 else "grid"}"/>'
            f'<text x="{x(v):.1f}" y="32" text-anchor="middle">{v:g}</text>' for v in ticks]
    return page(left + width + 60, y + 8, title, grid + parts)


def curves(rows, title, value, unit):
    """`value` of each side by message size: one panel for each transport, both scales logarithmic."""
    panel, tall, left, top = 250, 240, 60, 56
    rows = [r for r in rows if r.get(value)]
    transports = list(dict.fromkeys(r["transport"] for r in rows))
    sides = list(dict.fromkeys(r["side"] for r in rows))
    sizes = sorted({r["size"] for r in rows})
    if len(sizes) < 2:
        return None
    low = 10.0 ** math.floor(math.log10(min(r[value] for r in rows)))
    high = 10.0 ** math.ceil(math.log10(max(r[value] for r in rows)))

    def x(size, index):
        return left + index * (panel + 30) + math.log(size / sizes[0]) / math.log(sizes[-1] / sizes[0]) * panel

    def y(v):
        return top + tall - math.log(v / low) / math.log(high / low) * tall

    parts = []
    for index, transport in enumerate(transports):
        begin, end = x(sizes[0], index), x(sizes[-1], index)
        parts.append(f'<text x="{begin:.1f}" y="{top - 8}" class="h">{transport}</text>')
        for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
            v = 10.0 ** power
            parts.append(f'<line x1="{begin:.1f}" x2="{end:.1f}" y1="{y(v):.1f}" y2="{y(v):.1f}" class="grid"/>')
            if index == 0:
                parts.append(f'<text x="{left - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{human_number(v)}</text>')
        parts += [f'<text x="{x(s, index):.1f}" y="{top + tall + 16}" text-anchor="middle">{human_size(s)}</text>' for s in sizes]
        for side in sides:
            points = sorted((r["size"], r[value]) for r in rows if r["side"] == side and r["transport"] == transport)
            path = " ".join(f"{x(s, index):.1f},{y(v):.1f}" for s, v in points)
            parts.append(f'<polyline points="{path}" class="curve" stroke="{colour(side)}"/>')
            parts += [f'<circle cx="{x(s, index):.1f}" cy="{y(v):.1f}" r="3" fill="{colour(side)}"/>' for s, v in points]
    for i, side in enumerate(sides):
        at = left + i * 105
        parts.append(f'<rect x="{at}" y="{top + tall + 32}" width="12" height="8" fill="{colour(side)}"/>'
                     f'<text x="{at + 17}" y="{top + tall + 40}">{escape(side)}</text>')
    width = max(left + len(transports) * (panel + 30), left + len(sides) * 105) + 10
    return page(width, top + tall + 54, f"{title}, {unit}", parts)


def human_number(v):
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if v >= unit:
            return f"{v / unit:g}{name}"
    return f"{v:g}"


def percentiles(rows, title):
    """p50, p99, p99.9 and the longest of each row as marks on one logarithmic line."""
    height, left, width, top = 18, 290, 520, 60
    marks = (("p50", "#3a8f5c"), ("p99", "#edc948"), ("p999", "#e15759"), ("max", "#222222"))
    rows = [r for r in rows if "p50" in r]
    low = 10.0 ** math.floor(math.log10(min(r["p50"] for r in rows)))
    high = 10.0 ** math.ceil(math.log10(max(r["max"] for r in rows)))

    def x(v):
        return left + math.log(v / low) / math.log(high / low) * width

    bottom = top + height * len(rows)
    parts = []
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        v = 10.0 ** power
        parts.append(f'<line x1="{x(v):.1f}" x2="{x(v):.1f}" y1="{top}" y2="{bottom}" class="grid"/>'
                     f'<text x="{x(v):.1f}" y="{top - 6}" text-anchor="middle">{human_number(v)} µs</text>')
    for i, (mark, c) in enumerate(marks):
        parts.append(f'<circle cx="{left + i * 70}" cy="32" r="4" fill="{c}"/><text x="{left + i * 70 + 8}" y="36">{mark}</text>')
    for i, r in enumerate(rows):
        y = top + height * i + 9
        name = f'{r["side"]} {r["group"]} {r["transport"]} {human_size(r["size"])}'
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{escape(name)}</text>'
                     f'<line x1="{x(r["p50"]):.1f}" x2="{x(r["max"]):.1f}" y1="{y}" y2="{y}" class="grid"/>')
        parts += [f'<circle cx="{x(r[mark]):.1f}" cy="{y}" r="4" fill="{c}"/>' for mark, c in reversed(marks)]
    return page(left + width + 60, bottom + 10, title, parts)


def depth(rows, title):
    """The rate beside so many waiting messages, with the range of the turns: the rate from zero on, so that flat looks flat."""
    left, top, width, tall = 70, 40, 520, 240
    most = 1.1 * max(r["highest"] for r in rows)
    first, last = rows[0]["depth"], max(rows[-1]["depth"], rows[0]["depth"] + 1)

    def x(depth):
        return left + math.log(depth / first) / math.log(last / first) * width

    def y(rate):
        return top + tall - rate / most * tall

    step = 10.0 ** math.floor(math.log10(most))
    step = step if most / step >= 3 else step / 5
    lines = [step * i for i in range(int(most / step) + 1)]
    parts = [f'<line x1="{left}" x2="{left + width}" y1="{y(v):.1f}" y2="{y(v):.1f}" class="grid"/>'
             f'<text x="{left - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{human_number(v)}</text>' for v in lines]
    path = " ".join(f'{x(r["depth"]):.1f},{y(r["rate"]):.1f}' for r in rows)
    parts.append(f'<polyline points="{path}" class="curve" stroke="#4e79a7"/>')
    for r in rows:
        at = f'{x(r["depth"]):.1f}'
        parts.append(f'<line x1="{at}" x2="{at}" y1="{y(r["lowest"]):.1f}" y2="{y(r["highest"]):.1f}" class="range"/>'
                     f'<circle cx="{at}" cy="{y(r["rate"]):.1f}" r="4" fill="#4e79a7"/>'
                     f'<text x="{at}" y="{top + tall + 16}" text-anchor="middle">{human_number(r["depth"])}</text>')
    return page(left + width + 40, top + tall + 30, title, parts)


def draw(rows, card, captions):
    """The plots by name, of those that the rows allow."""
    machine = f"{card['cpu']}, {card['cores']} cores · libzmq {card['libzmq']}, nng {card['nng']}"
    by_bench = {bench: [r for r in rows if r["bench"] == bench] for bench in captions}
    plots = {}
    if any(r.get("target") for r in rows):
        plots["ratios"] = ratios(rows, f"Wye ÷ raw library · {machine}", captions)
    if by_bench["throughput"]:
        plots["throughput"] = curves(by_bench["throughput"], f"Push to pull · {machine}", "rate", "messages/s")
        plots["bandwidth"] = curves(by_bench["throughput"], f"Push to pull · {machine}", "mb_s", "MB/s")
        plots["cpu"] = curves(by_bench["throughput"], f"Push to pull · {machine}", "cpu_ns", "ns of processor time for each message")
    if by_bench["latency"]:
        plots["latency"] = percentiles(by_bench["latency"], f"Round trips, open loop · {machine}")
    return {name: svg for name, svg in plots.items() if svg}
