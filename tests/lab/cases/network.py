"""Faults of the network and of the interface."""
import time

from lab import VIP, VIP6, VIP6_CIDR, VIP_CIDR
from promises import BUSY_MS, DEAD_MS, LATE_MS, Watched, nothing_changes


def case_a_host_cut_from_the_switch_is_succeeded_after_d(lab):
    watched = Watched(lab)
    at = lab.cut(watched.owner.host)
    watched.wait_takeover(at, why="silence")
    watched.assert_dark_at_most(at, DEAD_MS + LATE_MS)
    watched.assert_one_answer(at)


def case_an_owner_cut_off_and_healed_at_once_does_not_answer_beside_its_successor(lab):
    watched = Watched(lab)
    for _ in range(4):  # the heal falls differently between two heartbeats each time
        watched.owner, watched.backup = watched.pair.owner(), watched.pair.backup()
        at = lab.cut(watched.owner.host)
        watched.wait_takeover(at)
        healed = lab.heal(watched.owner.host)
        lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
        watched.answered_by(watched.pair.owner().host)
        watched.assert_one_answer(at)
        watched.assert_dark_at_most(healed, LATE_MS)


def case_a_backup_cut_off_and_healed_moves_nothing_and_never_answers(lab):
    watched = Watched(lab)
    with nothing_changes(watched, log_lines_max=12):
        since = lab.cut(watched.backup.host)
        lab.wait_log(f"event=peer peer={watched.backup.host.name} state=dead", watched.owner.host, since)
        time.sleep(1)
        lab.heal(watched.backup.host)
        lab.wait_for(watched.pair.settled, 10, "the pair is settled again")


def case_lost_carrier_moves_the_vip_and_its_return_moves_nothing(lab):
    watched = Watched(lab)
    since = time.monotonic_ns()
    lab.switch_port(watched.owner.host, "down")
    watched.wait_takeover(since)
    watched.assert_dark_at_most(since, DEAD_MS + LATE_MS)
    back = time.monotonic_ns()
    lab.switch_port(watched.owner.host, "up")
    lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
    assert watched.pair.owner() is watched.backup
    watched.assert_silent(watched.owner.host, back)
    watched.assert_one_answer(since)


def case_heartbeats_dropped_by_a_firewall_split_nothing_and_are_an_alarm(lab):
    watched = Watched(lab)
    with nothing_changes(watched, log_lines_max=12) as since:
        lab.drop(watched.backup.host, "input", "udp dport 7411")
        lab.wait_log("event=suspect", watched.backup.host, since)
        time.sleep(1)
        lab.undrop(watched.backup.host, "input")
        lab.wait_for(watched.pair.settled, 10, "the pair is settled again")


def case_heartbeats_dropped_one_way_show_as_one_way(lab):
    watched = Watched(lab)
    with nothing_changes(watched, log_lines_max=12) as since:
        lab.drop(watched.owner.host, "input", "udp dport 7411")
        lab.wait_log("event=link .*state=one-way", watched.backup.host, since)
        lab.undrop(watched.owner.host, "input")
        lab.wait_for(watched.pair.settled, 10, "the pair is settled again")


def removed_by_hand(lab, vip, cidr):
    watched = Watched(lab)
    since = time.monotonic_ns()
    watched.owner.host.run("ip", "addr", "del", cidr, "dev", "eth0")
    lab.wait_for(lambda: watched.owner.host.has(vip), 2, "the address is back")
    watched.answered_by(watched.owner.host)
    lab.wait_log("event=address vip=mail .*state=restored", watched.owner.host, since)
    watched.assert_dark_at_most(since, 100 + BUSY_MS)
    watched.assert_silent(watched.backup.host, since)


def case_an_address_removed_by_hand_is_put_back_and_said(lab):
    removed_by_hand(lab, VIP, VIP_CIDR)


def case_an_ipv6_address_removed_by_hand_is_put_back_and_said(lab):
    removed_by_hand(lab, VIP6, VIP6_CIDR)


def case_an_address_put_on_the_backup_by_hand_never_answers(lab):
    watched = Watched(lab)
    with nothing_changes(watched):
        watched.backup.host.run("ip", "addr", "add", VIP_CIDR, "dev", "eth0")
        time.sleep(0.5)


def case_an_owner_whose_interface_is_deleted_is_succeeded_and_serves_again_when_it_returns(lab):
    watched = Watched(lab)
    host = watched.owner.host
    since = time.monotonic_ns()
    host.run("ip", "link", "del", "eth0")
    watched.wait_takeover(since)
    host.plug()
    lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
    assert watched.pair.owner() is watched.backup
    watched.backup.ctl("move", "mail")
    watched.answered_by(host)
    watched.assert_one_answer(since)


def case_an_only_node_takes_the_vip_again_after_its_interface_was_deleted_and_made_again(lab):
    watched = Watched(lab)
    host = watched.owner.host
    watched.backup.stop()
    host.run("ip", "link", "del", "eth0")
    host.plug()
    watched.answered_by(host, 10)


def case_a_backup_whose_interface_is_deleted_and_made_again_moves_nothing(lab):
    watched = Watched(lab)
    with nothing_changes(watched, log_lines_max=16):
        watched.backup.host.run("ip", "link", "del", "eth0")
        lab.wait_for(lambda: not watched.pair.settled(), 3, "the backup is missed")
        watched.backup.host.plug()
        lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
