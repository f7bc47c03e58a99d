"""bash and zsh complete commands, and the names that the agent knows."""
import os

from agents import OWA_CHECK, Pair, often
from host import run
from services import Owa
from terminal import Terminal

HERE = os.path.dirname(os.path.abspath(__file__))
COMPLETIONS = f"{HERE}/../../../agent/completions/casvipctl"


def case_bash_completes_commands_vips_nodes_and_checks(lab):
    for node in lab.nodes:
        Owa(node)
    agent = Pair(lab, checks=often(OWA_CHECK)).owner()

    def completed(*words):
        words = ("casvipctl", "-s", f"{agent.host.run_dir}/casvip.sock", *words)
        listed = " ".join(f"'{word}'" for word in words)
        script = f'PATH={lab.build}:$PATH; . {COMPLETIONS}; COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; ' \
            '_casvipctl; printf "%s\\n" "${COMPREPLY[@]}"'
        return run("bash", "-c", script).stdout.split()
    assert completed("sta") == ["standby", "status"] or completed("sta") == ["status", "standby"], completed("sta")
    assert completed("move", "") == ["mail"] and completed("explain", "m") == ["mail"], completed("move", "")
    assert completed("move", "mail", "") == [lab.other(agent.host).name], completed("move", "mail", "")
    assert completed("check", "") == ["owa"] and completed("key", "p") == ["promote"]
    assert completed("explain", "x") == []
    assert completed("drill", "") == ["mail"] and completed("drill", "--via", "ssh cas2", "") == ["mail"]


def case_zsh_completes_commands_vips_and_nodes(lab):
    agent = Pair(lab).owner()
    other = lab.other(agent.host).name
    with Terminal(lab, columns=200) as terminal:
        terminal.type(f"PATH={lab.build}:$PATH exec zsh -f")
        terminal.type(f"fpath=({os.path.dirname(COMPLETIONS)} $fpath); autoload -U compinit; compinit -u -D; echo re''ady")
        terminal.awaits("ready\n")

        def completes(typed, whole):
            terminal.keys("C-u")
            terminal.tmux("send-keys", "-l", f"casvipctl -s {agent.host.run_dir}/casvip.sock {typed}")
            terminal.keys("Tab")
            terminal.awaits(f"casvip.sock {whole}")
        completes("expl", "explain")
        completes("move ", "move mail")
        completes("move mail ", f"move mail {other}")
        completes("drill --via 'ssh cas2' ma", "drill --via 'ssh cas2' mail")
        completes("drill mail --y", "drill mail --yes")
        completes("key pr", "key promote")
