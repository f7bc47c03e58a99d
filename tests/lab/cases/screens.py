"""What casvipctl status says in the situations that an admin meets at night: who owns, could another take over, why not."""
import json
import os
import pty
import re
import subprocess
import time

from agents import OTHER_KEY, OWA_CHECK, Casvip, Pair, config, often
from cuts import Cuts, both_ways
from majority import HOSTS_AND_WITNESS, Cluster, among
from promises import Watched, nothing_changes
from services import Owa


def shows(lab, agent, *patterns, deadline_s=8):
    """The screen, once it has a line for each pattern."""
    def screen():
        text = agent.ctl("status", check=False).stdout
        return text if all(re.search(pattern, text, re.MULTILINE) for pattern in patterns) else None
    try:
        return lab.wait_for(screen, deadline_s, f"{agent.host.name}'s screen shows {patterns}")
    except Exception:
        print(agent.ctl("status", check=False).stdout)
        raise


def case_a_healthy_pair_shows_its_standby_and_its_last_move(lab):
    watched = Watched(lab)
    owner, backup = watched.owner.host.name, watched.backup.host.name
    for agent in (watched.owner, watched.backup):
        screen = shows(lab, agent, rf"^vip mail: owned by {owner}", rf"^  standby    ready: {backup}( \(this node\))?$")
        assert "!" not in screen.split("counted")[0], screen
    vip = watched.owner.vip()
    assert vip["redundant"] and vip["redundancy"] == f"ready: {backup}", vip
    watched.owner.ctl("move", "mail")
    watched.answered_by(watched.backup.host)
    shows(lab, watched.owner, rf"^  last move  {owner} -> {backup} .* ago: casvipctl move$", r"^ +why=order peer=")
    shows(lab, watched.backup, rf"^  last move  {owner} -> {backup} .* ago: the owner handed it over$",
          r"^ +why=yielded peer=.* peer_why=order dark_max_ms=[0-9.]+$")
    move = watched.backup.vip()["last_move"]
    assert (move["from"], move["to"], move["why"]) == (owner, backup, "yielded"), move


def case_a_standby_with_a_failed_check_is_shown_on_both_screens(lab):
    services = {node.name: Owa(node) for node in lab.nodes}
    pair = Pair(lab, checks=often(OWA_CHECK))
    owner, backup = pair.owner(), pair.backup()
    services[backup.host.name].answer_503(True)
    shows(lab, owner, rf"^  standby    ! NONE READY: {backup.host.name} is unhealthy: a required check is down$")
    shows(lab, backup, rf"^  standby    ! NONE READY: {backup.host.name} \(this node\) is unhealthy: check owa$")
    assert not owner.vip()["redundant"]


def case_a_standby_that_an_admin_put_aside_is_shown_with_the_way_back(lab):
    watched = Watched(lab)
    watched.backup.ctl("standby")
    shows(lab, watched.owner, "^  standby    ! NONE READY: .* is on standby; casvipctl online there ends that$")


def case_a_one_way_link_is_shown_as_what_it_is_on_the_side_that_hears(lab):
    watched = Watched(lab)
    lab.drop(watched.backup.host, "input", "udp dport 7411")
    name = watched.backup.host.name
    shows(lab, watched.owner, rf"^  standby    ! NONE READY: {name} is heard, but does not hear this node \(one-way link\)",
          rf"^peer {name}: ! DOES NOT HEAR US$", "^  link     ! .* one-way")


def case_a_peer_with_another_key_is_shown_as_such_on_both_screens(lab):
    watched = Watched(lab)
    watched.backup.stop()
    watched.backup.host.write("cluster.key", OTHER_KEY, 0o600)
    watched.backup.start()
    shows(lab, watched.owner, "^  standby    ! NONE READY: .* has another key: its heartbeats are refused",
          "^peer .*: ! DEAD, or alive with ANOTHER KEY")
    shows(lab, watched.backup, "ANOTHER KEY")


def case_another_configuration_is_shown_beside_the_standby_that_has_it(lab):
    watched = Watched(lab)
    watched.backup.configure(watched.pair.text.replace("prefer", 'announce_every = "30s"\n    prefer'))
    watched.backup.ctl("reload")
    shows(lab, watched.owner, r"^  standby    ! ready: .* \(its configuration differs\)$", "CONFIGURATION DIFFERS")


def case_a_split_that_healed_is_shown_by_whoever_met_the_other_owner(lab):
    watched = Watched(lab)
    since = time.monotonic_ns()
    cuts = Cuts(lab)  # each side goes on hearing the client, so neither takes itself for the one that is cut off
    cuts.apply(apart=both_ways([watched.owner.host], [watched.backup.host]))
    lab.wait_for(lambda: watched.backup.role() == "ACTIVE" and watched.owner.role() == "ACTIVE", 8, "both own it")
    cuts.apply()
    lab.wait_for(lambda: len(watched.pair.active()) == 1, 5, "one of them gives way")
    # Who gives way has met the other one, which need not hear of it any more. That is the first owner: its term is older.
    for agent in watched.pair.agents.values():
        if agent is watched.owner or lab.syslog.find("event=split", agent.host, since):
            shows(lab, agent, r"^  split      ! healed .* ago: this node and cas\d both owned it, apart for ")
    assert watched.owner.vip()["last_split"]["peer"] == watched.backup.host.name


@among(HOSTS_AND_WITNESS)
def case_majority_a_quorum_that_is_lost_and_one_that_hangs_on_the_owner_are_shown(lab):
    watched = Cluster(lab)
    shows(lab, watched.owner, "^quorum: 3 of 3 nodes heard, 2 needed$", "^  standby    ready: ")
    watched.witness.stop()
    shows(lab, watched.owner, "^quorum: 2 of 3 nodes heard, 2 needed$",
          r"^  standby    ! NONE READY: without cas\d only 1 of 3 nodes would be heard, too few for a majority$")
    watched.backup.stop()
    shows(lab, watched.owner, "^quorum: ! 1 of 3 nodes heard, 2 needed: NO MAJORITY, so this node may own nothing$",
          "^vip mail: ! NO OWNER KNOWN", r"^  standby    ! NONE READY: 1 of 3 nodes heard, .* \(this node\) has no quorum")


def case_a_vip_is_explained_on_either_node_and_a_dry_run_changes_nothing(lab):
    watched = Watched(lab)
    owner, backup = watched.owner, watched.backup
    for agent in (owner, backup):
        said = agent.ctl("explain", "mail").stdout
        assert said.startswith(f"vip mail: owned by {owner.host.name}"), said
        assert f"if {owner.host.name} died now\n  {backup.host.name} would take it within 200 to 300 ms:" in said, said
        told = json.loads(agent.ctl("explain", "mail", "--json").stdout)
        assert told["on_death"]["successor"] == backup.host.name and told["on_death"]["most_ms"] == 300, told
    assert owner.ctl("explain", "males", check=False).returncode == 1
    with nothing_changes(watched):
        done = owner.ctl("move", "--dry-run", "mail")
        assert f"mail would go from {owner.host.name} to {backup.host.name}, which is fit" in done.stdout, done
        refused = backup.ctl("move", "mail", "--dry-run", check=False)
        assert refused.returncode == 1 and "give the order there" in refused.stderr, refused
        assert owner.ctl("move", "--dry-run", check=False).returncode == 2
    backup.ctl("standby")
    shows(lab, owner, "NONE READY")
    refused = owner.ctl("move", "--dry-run", "mail", backup.host.name, check=False)
    assert refused.returncode == 1 and "it is standby" in refused.stderr, refused


def case_colours_are_for_a_terminal_that_wants_them(lab):
    agent = Casvip(lab.nodes[0], config(lab)).start()
    lab.wait_for(lambda: agent.role() == "ACTIVE", 5, "it owns the vip")

    def on_a_terminal(**env):
        here, there = pty.openpty()
        command = [f"{lab.build}/casvipctl", "-s", f"{agent.host.run_dir}/casvip.sock", "status"]
        subprocess.run(command, stdout=there, check=True, timeout=10, env={**os.environ, "TERM": "xterm", **env})
        os.close(there)
        said = os.read(here, 65536).decode()
        os.close(here)
        return said
    assert "\033[1;31m  standby    ! NONE READY" in on_a_terminal(NO_COLOR="")
    assert "\033" not in on_a_terminal(NO_COLOR="1") and "\033" not in on_a_terminal(NO_COLOR="", TERM="dumb")
    assert "\033" not in agent.ctl("status").stdout
