"""Connections to a vip that moves: whoever was connected is told."""
import re
import time

import idle
import longpoll
import seal
from agents import KEY, Pair
from lab import VIP, VIP6
from wire import Stranger, Tap

CLIENTS = 40
AHEAD, FORMS = 256, 4  # agent/tickles.h
ELSEWHERE = ("198.51.100.0/24", "203.0.113.0/24")  # networks behind the client's host


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


# -- a program that waits for an answer as mail clients do

def waits_again(lab, end):
    pair = Pair(lab)
    polls = [longpoll.serve(node) for node in lab.nodes]
    owner, backup = pair.owner(), pair.backup()
    here, there = (polls[lab.nodes.index(agent.host)] for agent in (owner, backup))
    longpoll.ask_for_ever(lab.client)
    lab.wait_for(lambda: here.waiting() == 1, 5, "the client waits for an answer of the owner's")
    lab.wait_for(lambda: known(backup, 1), 5, "the backup is told of it")
    end(lab, owner)
    lab.wait_for(lambda: there.waiting() >= 1, 5, "the client asks the new owner by itself")
    lab.wait_for(lambda: backup.role() == "ACTIVE", 5, "which knows itself to be that")


def case_a_long_poll_comes_to_the_new_owner_by_itself_after_a_planned_move(lab):
    waits_again(lab, lambda _, owner: owner.ctl("move", "mail"))


def case_a_long_poll_comes_to_the_new_owner_by_itself_when_its_host_is_cut_off(lab):
    waits_again(lab, lambda lab, owner: lab.cut(owner.host))


# -- what a node gone mad, or somebody on the wire, could make of it

def recorded(lab, owner):
    """From the wire: a roll of the owner's, which tells of the one client, and a beat of the other node's."""
    tap = Tap(lab, owner.host)
    beats = []

    def both():
        beats.extend(tap.beats())
        return [next((beat for beat in beats if beat.source == source and seal.is_roll(beat) == is_roll), None)
                for source, is_roll in ((owner.host.v4, True), (lab.other(owner.host).v4, False))]

    client = idle.connect(lab, 1)
    found = lab.wait_for(lambda: all(both()) and both(), 5, "the owner tells who is connected")
    tap.close()
    return client, *found


def send(lab, rolls):
    stranger = Stranger(lab)
    for number, roll in enumerate(rolls):
        stranger.send(roll)
        if number % 8 == 7:
            time.sleep(0.005)  # a turn reads a bounded number
    stranger.close()


def far_away(count):
    """Clients that do not exist, in networks behind the client's host."""
    return [(f"{network.rsplit('.', 1)[0]}.{1 + number // 2 % 250}", 1024 + number // 500)
            for number in range(count) for network in [ELSEWHERE[number % 2]]]


def silent_networks(lab):
    """The way to them; their host counts what comes from the vip, and drops it."""
    for node in lab.nodes:
        for network in ELSEWHERE:
            node.run("ip", "route", "add", network, "via", lab.client.v4)
    lab.client.run("nft", "-f", "-", text_in=f"""table ip lab_far {{
        chain drops {{
            type filter hook prerouting priority -300;
            ip saddr {VIP} ip daddr {{ {", ".join(ELSEWHERE)} }} counter drop
        }}
    }}\n""")


def came(lab):
    shown = lab.client.run("nft", "list", "table", "ip", "lab_far").stdout
    return int(re.search(r"counter packets (\d+)", shown).group(1))


def case_of_a_world_that_an_owner_names_its_successor_bothers_only_a_few(lab):
    pair = Pair(lab)
    idle.serve(lab)
    silent_networks(lab)
    owner, backup = pair.owner(), pair.backup()
    _client, roll, _ = recorded(lab, owner)
    known_before = backup.counters()["clients_heard_of"]
    world = far_away(5000)
    send(lab, seal.rolls_of(roll, world, KEY, seq=seal.header_of(roll).seq + 1_000_000))
    lab.wait_for(lambda: known(backup, known_before + len(set(world))), 5, "the backup believes it")
    since = time.monotonic_ns()
    owner.kill()
    line = lab.wait_log("event=client vip=mail state=tickled ", backup.host, since, 10)
    asked, answered = (int(number) for number in re.search(r"tickled=(\d+) answered=(\d+)", line.text).groups())
    assert asked <= AHEAD + 3 * answered and answered <= 1, line.text
    assert FORMS < came(lab) <= (AHEAD + 3 * answered) * FORMS, f"{came(lab)} segments went to clients that do not exist"


def case_rolls_that_are_replayed_stale_or_not_the_owners_name_nobody(lab):
    pair = Pair(lab)
    idle.serve(lab)
    owner, backup = pair.owner(), pair.backup()
    _client, roll, beat = recorded(lab, owner)
    lab.wait_for(lambda: known(backup, 1), 5, "the backup is told of the one")
    head, world = seal.header_of(roll), far_away(10)
    later = head.seq + 1_000_000
    stale = seal.rolls_of(roll, world, KEY, seq=later, session=head.session ^ 1)[0]
    own = seal.header_of(beat)
    not_owner = seal.rolls_of(roll, world, KEY, sender=own.sender, receiver=own.receiver, session=own.session,
                              seq=own.seq + 1_000_000)[0]
    not_owner = beat._replace(payload=not_owner.payload)
    other_vip = bytearray(seal.body_of(roll, KEY))
    other_vip[0] ^= 1
    unknown = seal.sealed(roll, head._replace(seq=later), bytes(other_vip), KEY)
    for words, node, bad in (("a replayed roll", backup, roll), ("one of a session that is not in force", backup, stale),
                             ("one of a node that owns nothing", owner, not_owner),
                             ("one of a vip that there is not", backup, unknown)):
        before = node.counters()
        send(lab, [bad])
        lab.wait_for(lambda: node.counters()["rolls_refused"] > before["rolls_refused"], 5, f"{words} is refused")
        assert node.counters()["clients_heard_of"] == before["clients_heard_of"], words
    assert pair.settled()
