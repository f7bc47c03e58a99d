"""casvipctl watch on a real terminal: what it shows is alive, and the terminal is given back as it was."""
import os
import re
import signal

from agents import Pair
from promises import Watched
from terminal import Terminal

OWNED = "vip mail: owned by "


def command(lab, agent, *more):
    return f"{lab.build}/casvipctl -s {agent.host.run_dir}/casvip.sock watch {' '.join(more)}"


def pid_of_watch(agent):
    """Of the one that looks at this agent."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline") as file:
                words = file.read().split("\0")
        except OSError:
            continue
        if words[0].endswith("casvipctl") and "watch" in words and f"{agent.host.run_dir}/casvip.sock" in words:
            return int(entry)
    return 0


def case_watch_shows_the_owner_and_a_move_as_it_happens(lab):
    watched = Watched(lab)
    owner, backup = watched.owner, watched.backup
    with Terminal(lab) as terminal:
        terminal.type(command(lab, backup))
        terminal.awaits(f"{OWNED}{owner.host.name}", "--- events", "q ends")
        owner.ctl("move", "mail")
        screen = terminal.awaits(f"{OWNED}{backup.host.name}", "mail: BACKUP -> ACTIVE why=yielded")
        lines = screen.splitlines()
        assert lines[0].startswith("casvip watch at "), screen
        events = lines[lines.index("--- events, the newest last") + 1:]
        assert any("BACKUP -> ACTIVE" in line for line in events), screen


def case_watch_says_that_the_agent_is_away_and_finds_it_again(lab):
    agent = Pair(lab).backup()
    with Terminal(lab) as terminal:
        terminal.type(command(lab, agent))

        def started():
            return {line for line in terminal.shown().splitlines() if re.search(r"\d {3}started ", line)}
        terminal.awaits(OWNED)
        before = lab.wait_for(started, 5, "the event of its start is shown")
        agent.kill()
        terminal.awaits("! agent not reachable for ", "s old: casvipd does not run here", "--- ! no events", OWNED)
        lab.wait_for(lambda: re.search(r"for [1-9] s, status [1-9]\.\d s old", terminal.shown()), 8, "both ages grow")
        agent.start()
        screen = terminal.awaits("casvip watch at ", "--- events, the newest last", OWNED)
        assert "not reachable" not in screen, screen
        lab.wait_for(lambda: started() - before, 5, "the event of its new start is shown")
        agent.freeze()
        terminal.awaits("! agent not reachable for ", "casvipd does not answer")
        agent.thaw()
        terminal.awaits("casvip watch at ", deadline_s=10)


def case_watch_fits_the_terminal_when_its_size_changes(lab):
    agent = Pair(lab).owner()
    with Terminal(lab, 120, 40) as terminal:
        terminal.type(command(lab, agent))
        terminal.awaits("q ends", "\n  link       ")
        terminal.resize(40, 8)
        screen = terminal.awaits("more lines: casvipctl status", "--- events")
        lines = screen.rstrip("\n").splitlines()
        assert len(lines) <= 8 and max(map(len, lines)) <= 40 and any(line.endswith(">") for line in lines), screen
        terminal.resize(120, 40)
        screen = terminal.awaits("\n  link       ", "--- events, the newest last")
        assert "more lines" not in screen, screen


def case_watch_gives_the_terminal_back_however_it_ends(lab):
    agent = Pair(lab).owner()
    with Terminal(lab, rows=60) as terminal:
        terminal.type("stty -g >/dev/null; before=$(stty -g); echo be''fore")
        terminal.awaits("before\n")
        number = 0

        def ended_by(how):
            nonlocal number
            number += 1
            terminal.type(command(lab, agent))
            terminal.awaits("q ends", OWNED)
            assert terminal.is_second()
            how()
            lab.wait_for(lambda: not pid_of_watch(agent), 5, "it has ended")
            terminal.type(f'[ "$(stty -g)" = "$before" ] && echo same-{number}-$?')
            screen = terminal.awaits(f"\nsame-{number}-0")
            assert "before\n" in screen and OWNED not in screen and not terminal.is_second(), screen
        ended_by(lambda: terminal.keys("q"))
        ended_by(lambda: terminal.keys("C-c"))
        for number_of_signal in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            ended_by(lambda: os.kill(pid_of_watch(agent), number_of_signal))


def case_watch_shows_one_frame_without_a_terminal_and_refuses_to_stay(lab):
    pair = Pair(lab)
    owner = pair.owner()
    frame = owner.ctl("watch", "--once").stdout
    assert f"{OWNED}{owner.host.name} (this node)" in frame and "BACKUP -> ACTIVE" in frame, frame
    assert "\033" not in frame and len(frame.splitlines()) <= 24 and max(map(len, frame.splitlines())) <= 80, frame
    refused = owner.ctl("watch", check=False)
    assert refused.returncode == 2 and "--once" in refused.stderr, refused
    owner.kill()
    nobody = owner.ctl("watch", "--once", check=False)
    assert nobody.returncode == 3 and "does not run here" in nobody.stderr, nobody
