"""Connections to a vip that moves: whoever was connected is told."""
import time

import idle
from agents import Pair
from lab import VIP6

CLIENTS = 40


def told(lab, owner, since, connections):
    lab.wait_for(lambda: all(idle.is_reset(connection) for connection in connections), 5, "every client was reset")
    lab.wait_log(f"event=client vip=mail state=reset peer={lab.other(owner).name} reset={len(connections)} ", owner, since)


def case_a_planned_move_resets_the_connections_to_the_old_owner_and_no_others(lab):
    pair = Pair(lab)
    idle.serve(lab)
    owner = pair.owner()
    connections = idle.connect(lab, CLIENTS) + idle.connect(lab, CLIENTS, VIP6)
    others = idle.connect(lab, 3, owner.host.v4)
    since = time.monotonic_ns()
    owner.ctl("move", "mail")
    told(lab, owner.host, since, connections)
    lab.wait_for(lambda: not owner.host.has(idle.VIP) and not owner.host.has(VIP6), 3, "the addresses leave the old owner")
    assert not any(idle.is_reset(connection) for connection in others), "connections to the host itself were reset"
    after = idle.connect(lab, CLIENTS)
    assert not any(idle.is_reset(connection) for connection in after)


def case_a_vip_whose_clients_are_to_be_left_resets_nobody(lab):
    pair = Pair(lab, vip_more='clients = "leave"')
    idle.serve(lab)
    owner, backup = pair.owner(), pair.backup()
    connections = idle.connect(lab, 5)
    owner.ctl("move", "mail")
    lab.wait_for(lambda: backup.role() == "ACTIVE" and not owner.host.has(idle.VIP), 3, "the vip moves")
    assert not any(idle.is_reset(connection) for connection in connections)
    assert "event=client" not in owner.host.said("casvipd")


def case_an_owner_that_slept_through_its_lease_resets_its_clients_when_it_wakes(lab):
    pair = Pair(lab)
    idle.serve(lab)
    owner, backup = pair.owner(), pair.backup()
    connections = idle.connect(lab, CLIENTS)
    since = time.monotonic_ns()
    owner.freeze()
    lab.wait_for(lambda: backup.role() == "ACTIVE", 5, "the other one takes")
    owner.thaw()
    told(lab, owner.host, since, connections)


def case_an_agent_that_stops_resets_its_clients_first(lab):
    pair = Pair(lab)
    idle.serve(lab)
    owner = pair.owner()
    connections = idle.connect(lab, CLIENTS)
    since = time.monotonic_ns()
    assert owner.stop() == 0
    told(lab, owner.host, since, connections)
    assert not owner.host.has(idle.VIP)


def known(agent, count):
    return agent.counters()["clients_heard_of"] >= count


def tickled(lab, successor, since, connections):
    lab.wait_for(lambda: all(idle.is_reset(connection) for connection in connections), 5, "every client was reset")
    line = lab.wait_log("event=client vip=mail state=tickled ", successor, since)
    assert f" tickled={len(connections)} answered={len(connections)} " in line.text, line.text


def dies(lab, end):
    pair = Pair(lab)
    idle.serve(lab)
    owner, backup = pair.owner(), pair.backup()
    connections = idle.connect(lab, CLIENTS) + idle.connect(lab, CLIENTS, VIP6)
    lab.wait_for(lambda: known(backup, 2 * CLIENTS), 5, "the backup is told who is connected")
    since = time.monotonic_ns()
    end(lab, owner)
    tickled(lab, backup.host, since, connections)
    assert not any(idle.is_reset(connection) for connection in idle.connect(lab, CLIENTS))


def case_the_clients_of_a_host_that_was_cut_off_are_reset_by_its_successor(lab):
    dies(lab, lambda lab, owner: lab.cut(owner.host))


def case_the_clients_of_a_killed_agent_are_reset_by_its_successor(lab):
    dies(lab, lambda _, owner: owner.kill())


def case_the_clients_of_a_frozen_agent_are_reset_by_its_successor(lab):
    dies(lab, lambda _, owner: owner.freeze())
