"""The figures of a bench as a picture drawn by gnuplot, in milliseconds on a logarithmic scale: each round a point, in a
column for each row of the table; or which share of many was done by when."""
import subprocess
import textwrap

LEAST_MS = 0.1  # what is less, or none at all, stands here: a logarithm has no zero


def label(words):
    return "\\n".join(textwrap.wrap(words.replace(":", ","), 18))


def draw(path, systems, rows):
    """Writes the SVG `path`. `rows`: [(event, what, words, bound)], `systems`: what has .name and .results of those."""
    tics = ", ".join(f'"{label(words)}" {at}' for at, (_, _, words, _) in enumerate(rows))
    named = [("bound of casvip", "linespoints dt 2 lc 'gray' pt 0")]
    named += [(system.name, f"points pt {sign} ps 0.8") for system, sign in zip(systems, (7, 5, 9))]
    script = [
        "set terminal svg size 1100,560 font 'sans,11' background 'white'", f"set output '{path}'",
        "set logscale y", f"set yrange [{LEAST_MS / 2}:]", f"set ylabel 'milliseconds, {LEAST_MS:g} or less at the foot'",
        f"set xrange [-0.6:{len(rows) - 0.4}]", f"set xtics ({tics}) font ',8'",
        "set grid y", "set key above", "set bmargin 5",
        "plot " + ", ".join(f"'-' with {style} title '{name}'" for name, style in named)]
    for at, (_, _, _, bound) in enumerate(rows):
        script += [f"{at - 0.4} {bound}", f"{at + 0.4} {bound}", ""]
    script.append("e")
    for number, system in enumerate(systems):
        script += [f"{at + 0.25 * (number - 1)} {max(value, LEAST_MS)}" for at, (event, what, _, _) in enumerate(rows)
                   for value in system.results[event, what]]
        script.append("e")
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)


def draw_shares(path, runs):
    """Writes the SVG `path`. `runs`: what has .name, .count and .resets, milliseconds for those of `count` that came."""
    script = [
        "set terminal svg size 1100,560 font 'sans,11' background 'white'", f"set output '{path}'",
        "set logscale x", "set xlabel 'milliseconds after the event'", "set ylabel 'percent reset'",
        f"set xrange [{LEAST_MS}:20000]", "set yrange [-2:102]", "set grid", "set key outside right",
        "plot " + ", ".join(f"'-' with steps lw 1.5 title '{run.name}'" for run in runs)]
    for run in runs:
        ordered = sorted(run.resets)
        every = max(1, len(ordered) // 500)
        script += [f"{LEAST_MS} 0"]
        script += [f"{max(value, LEAST_MS)} {100 * number / run.count}" for number, value in enumerate(ordered, 1)
                   if number % every == 0 or number == len(ordered)]
        script += [f"20000 {100 * len(ordered) / run.count}", "e"]
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)
