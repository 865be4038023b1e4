"""Curves as SVG: a few series over one axis, without a library to install."""

import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 440, 74, 190, 46, 56
COLOURS = ("#1b6ca8", "#c8501e", "#3a8f3a", "#8a4fa3", "#7a6a1f", "#555555")


class Axis:
    """From values to places: by logarithm or not."""

    def __init__(self, values, begin, end, is_log):
        self.is_log, self.begin, self.end = is_log, begin, end
        if is_log:
            self.least, self.most = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
            if self.most == self.least:
                self.most += 1
        else:
            self.least, self.most = 0, max(values) * 1.05

    def at(self, value):
        value = math.log10(value) if self.is_log else value
        return self.begin + (value - self.least) / (self.most - self.least) * (self.end - self.begin)

    def marks(self):
        if self.is_log:
            return [10.0 ** n for n in range(self.least, self.most + 1)]
        step = 10 ** math.floor(math.log10(self.most))
        step = next(s for s in (step / 5, step / 2, step) if self.most / s <= 8)
        return [n * step for n in range(int(self.most / step) + 1)]


def number(value):
    return f"{value:,.0f}" if value >= 1 or value == 0 else f"{value:g}"


def svg(path, title, x_title, y_title, series, *, log_x=True, log_y=True):
    """series: name -> [(x, y)], in the order of the legend."""
    points = [point for line in series.values() for point in line]
    x = Axis([p[0] for p in points], LEFT, WIDTH - RIGHT, log_x)
    y = Axis([p[1] for p in points], HEIGHT - BOTTOM, TOP, log_y)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="24" font-size="15">{html.escape(title)}</text>']
    for mark in x.marks():
        out.append(f'<path d="M{x.at(mark):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>'
                   f'<text x="{x.at(mark):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{number(mark)}</text>')
    for mark in y.marks():
        out.append(f'<path d="M{LEFT} {y.at(mark):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{y.at(mark) + 4:.1f}" text-anchor="end">{number(mark)}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">{html.escape(x_title)}</text>'
               f'<text x="18" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 18 {(TOP + HEIGHT - BOTTOM) / 2})">'
               f'{html.escape(y_title)}</text>')
    for place, (name, line) in enumerate(series.items()):
        colour = COLOURS[place % len(COLOURS)]
        places = [(x.at(px), y.at(py)) for px, py in sorted(line)]
        out.append(f'<path d="M{" L".join(f"{px:.1f} {py:.1f}" for px, py in places)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in places]
        top = TOP + 12 + 20 * place
        out.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{top - 9}" width="14" height="4" fill="{colour}"/>'
                   f'<text x="{WIDTH - RIGHT + 32}" y="{top}">{html.escape(name)}</text>')
    path.write_text("\n".join([*out, "</svg>"]) + "\n")
