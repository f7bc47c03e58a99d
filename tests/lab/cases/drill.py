"""casvipctl drill: the vip goes to the other host and comes back, and each dark time is told."""
import json
import os
import pty
import re
import subprocess

from promises import Watched, nothing_changes


def via(host):
    """The words that lead to a host of the lab, as ssh would."""
    return " ".join(host.argv("env", "PATH=/run/build:/usr/bin:/bin"))


def case_drill_moves_a_vip_there_and_back_and_tells_how_long_each_was_dark(lab):
    watched = Watched(lab)
    owner, backup = watched.owner, watched.backup
    here, there = owner.host.name, backup.host.name
    said = owner.ctl("drill", "mail", "--yes", "--via", via(backup.host)).stdout
    assert re.search(rf"^mail: {here} -> {there}, dark for at most \d+\.\d ms\nmail: {there} -> {here}, dark for at most "
                     r"\d+\.\d ms\ndark: ", said), said
    assert owner.role() == "ACTIVE" and owner.vip()["term"] == 3, owner.vip()
    told = json.loads(owner.ctl("drill", "--json", "--via", via(backup.host), "--yes", "mail").stdout)
    assert told["done"] and [(m["from"], m["to"]) for m in told["moves"]] == [(here, there), (there, here)], told
    evidence = re.search(r"dark_max_ms=([0-9.]+)", owner.vip()["last_move"]["words"])[1]
    assert told["moves"][1]["dark_max_us"] == round(float(evidence) * 1000), (told, evidence)
    watched.answered_by(owner.host)


def case_drill_without_a_way_back_says_which_command_is_one(lab):
    watched = Watched(lab)
    owner, backup = watched.owner, watched.backup
    said = owner.ctl("drill", "mail", "--yes").stdout
    assert said.startswith(f"mail: {owner.host.name} -> {backup.host.name}\n"), said
    back = re.search(r"casvipctl (move mail \S+) there brings it back", said)[1]
    backup.ctl(*back.split())
    watched.answered_by(owner.host)


def case_drill_that_could_not_end_well_moves_nothing(lab):
    watched = Watched(lab)
    owner, backup = watched.owner, watched.backup

    def refused(agent, code, *words, arguments=("mail", "--yes")):
        done = agent.ctl("drill", *arguments, check=False)
        assert done.returncode == code and all(word in done.stderr for word in words), done
    with nothing_changes(watched):
        refused(backup, 1, f"mail is on {owner.host.name}: give the order there")
        refused(owner, 1, "no vip is named males", arguments=("males", "--yes"))
        refused(owner, 2, "--yes", arguments=("mail",))
        refused(owner, 1, "it failed", arguments=("mail", "--yes", "--via", "false"))
        refused(owner, 1, "is no status", arguments=("mail", "--yes", "--via", "echo"))
        refused(owner, 1, "which is this node", arguments=("mail", "--yes", "--via", via(owner.host)))
        assert not_confirmed(lab, owner) == 1
    backup.ctl("standby")
    lab.wait_for(lambda: not owner.vip()["redundant"], 5, "there is no standby")
    refused(owner, 1, "mail has no standby that could take it: NONE READY")
    assert owner.role() == "ACTIVE"


def not_confirmed(lab, agent):
    """The exit status of a drill on a terminal, where somebody says no."""
    here, there = pty.openpty()
    drill = subprocess.Popen([f"{lab.build}/casvipctl", "-s", f"{agent.host.run_dir}/casvip.sock", "drill", "mail"],
                             stdin=there, stdout=there, stderr=there)
    os.close(there)
    asked = b""
    while b"[y/N] " not in asked:
        asked += os.read(here, 4096)
    os.write(here, b"n\n")
    code = drill.wait(10)
    os.close(here)
    return code
