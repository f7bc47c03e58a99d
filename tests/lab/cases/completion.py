"""bash completes commands, and the names that the agent knows."""
import os

from agents import OWA_CHECK, Pair, often
from host import run
from services import Owa

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
