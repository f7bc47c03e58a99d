"""The figures of a bench as a picture: each round a point, a column of points for each row of the table, in milliseconds
on a logarithmic scale, drawn by gnuplot."""
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
