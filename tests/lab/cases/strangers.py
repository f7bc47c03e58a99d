"""P3: no unauthenticated, replayed, reflected or malformed packet changes a role, a timer or the log rate."""
import time

from agents import Pair, config
from lab import VIP
from promises import DEAD_MS, LATE_MS, MS, Watched, nothing_changes
from wire import Quiet, Stranger, Tap, flipped, invented, reflected, truncated


def grown(agent, before, *prefixes):
    """By how much these counters grew."""
    return sum(value - before[name] for name, value in agent.counters().items() if name.startswith(prefixes))


def recorded(lab, watched, seconds=0.6):
    """The beats of both directions, those of a hand-over there and back among them."""
    tap = Tap(lab, lab.nodes[0])
    watched.owner.ctl("move", "mail")
    watched.answered_by(watched.backup.host)
    watched.backup.ctl("move", "mail")
    watched.answered_by(watched.owner.host)
    time.sleep(seconds)
    beats = tap.beats()
    tap.close()
    lab.wait_for(watched.pair.settled, 5, "the pair is settled again")
    assert len(beats) > 10, f"only {len(beats)} beats on the wire"
    return beats


def inflict(lab, watched, attack, *prefixes, log_lines_max=6):
    """Sends the datagrams from a stranger's host; only these counters may tell, on both nodes."""
    stranger = Stranger(lab)
    before = {agent: agent.counters() for agent in watched.pair.agents.values()}
    with nothing_changes(watched, log_lines_max):
        for datagram in attack:
            stranger.send(datagram)
            time.sleep(0.0005)
        for agent in watched.pair.agents.values():
            sent = sum(datagram.target == agent.host.v4 for datagram in attack)
            lab.wait_for(lambda: grown(agent, before[agent], *prefixes) >= sent, 3,
                         f"{agent.host.name} counts {sent} datagrams among {prefixes}")
    stranger.close()


def case_forged_beats_change_nothing_but_a_counter(lab):
    watched = Watched(lab)
    beats = recorded(lab, watched)[-8:]
    attack = [invented(beat, length) for beat in beats for length in range(0, 1400, 20)]
    inflict(lab, watched, attack, "refused_")


def case_beats_with_a_flipped_bit_change_nothing_but_a_counter(lab):
    watched = Watched(lab)
    beats = recorded(lab, watched)[-2:]
    attack = [flipped(beat, bit) for beat in beats for bit in range(0, len(beat.payload) * 8, 3)]
    inflict(lab, watched, attack, "refused_")


def case_truncated_beats_change_nothing_but_a_counter(lab):
    watched = Watched(lab)
    beats = recorded(lab, watched)[-2:]
    attack = [truncated(beat, length) for beat in beats for length in range(len(beat.payload))]
    inflict(lab, watched, attack, "refused_")


def case_reflected_beats_change_nothing_but_a_counter(lab):
    watched = Watched(lab)
    inflict(lab, watched, [reflected(beat) for beat in recorded(lab, watched)], "refused_")


def case_replayed_beats_change_nothing_but_a_counter(lab):
    watched = Watched(lab)
    inflict(lab, watched, recorded(lab, watched) * 3, "beats_stale")


def case_datagrams_from_other_addresses_change_nothing_but_a_counter(lab):
    watched = Watched(lab)
    attack = [beat._replace(source="192.0.2.66") for beat in recorded(lab, watched)]
    inflict(lab, watched, attack, "refused_stranger")


def replay_across_a_restart_of(lab, watched, agent):
    beats = recorded(lab, watched)
    agent.stop()
    agent.start()
    lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
    watched.owner, watched.backup = watched.pair.owner(), watched.pair.backup()
    watched.answered_by(watched.owner.host)
    inflict(lab, watched, beats * 2, "beats_stale", "beats_unproven")


def case_beats_replayed_after_the_owner_restarted_change_nothing(lab):
    watched = Watched(lab)
    replay_across_a_restart_of(lab, watched, watched.owner)


def case_beats_replayed_after_the_backup_restarted_change_nothing(lab):
    watched = Watched(lab)
    replay_across_a_restart_of(lab, watched, watched.backup)


def case_beats_replayed_after_both_restarted_change_nothing(lab):
    watched = Watched(lab)
    beats = recorded(lab, watched)
    for agent in (watched.backup, watched.owner):
        agent.stop()
    for agent in (watched.owner, watched.backup):
        agent.start()
    lab.wait_for(watched.pair.settled, 10, "the pair is settled again")
    watched.owner, watched.backup = watched.pair.owner(), watched.pair.backup()
    watched.answered_by(watched.owner.host)
    inflict(lab, watched, beats * 2, "beats_stale", "beats_unproven")


def case_replayed_beats_of_a_dead_owner_hold_nobody_back(lab):
    watched = Watched(lab)
    beats = [beat for beat in recorded(lab, watched) if beat.source == watched.owner.host.v4]
    stranger = Stranger(lab)
    at = watched.owner.kill()
    deadline = time.monotonic() + 3
    while watched.backup.role() != "ACTIVE" and time.monotonic() < deadline:
        for beat in beats:
            stranger.send(beat)
        time.sleep(0.01)
    watched.wait_takeover(at, why="silence")
    watched.assert_dark_at_most(at, DEAD_MS + LATE_MS)
    watched.assert_one_answer(at)


def case_beats_of_another_cluster_change_nothing_but_a_counter(lab):
    watched = Watched(lab)
    beats = recorded(lab, watched)
    for agent in watched.pair.agents.values():
        agent.stop()
        agent.configure(config(lab).replace('cluster = "lab"', 'cluster = "other"'))
        agent.start()
    lab.wait_for(watched.pair.settled, 10, "the pair is settled as another cluster")
    watched.owner, watched.backup = watched.pair.owner(), watched.pair.backup()
    watched.answered_by(watched.owner.host)
    inflict(lab, watched, beats, "refused_wrong")


def case_invented_neighbours_silent_since_the_peer_died_do_not_take_the_vip_again_and_again(lab):
    stranger = Stranger(lab)
    with stranger.neighbours(8):  # there before anybody else speaks, so they have all the places
        watched = Watched(lab)
        lab.holds_for(lambda: watched.owner.role() == "ACTIVE", 2, "the owner learns its neighbours")
    at = watched.backup.kill()
    watched.lab.wait_log("event=peer peer=.* state=dead", watched.owner.host, at)
    lab.wait_for(lambda: time.monotonic_ns() > at + 4000 * MS, 6, "four seconds to look at")
    watched.answered_by(watched.owner.host)
    watched.assert_dark_at_most(at, 2 * DEAD_MS + LATE_MS)
    taken = lab.syslog.find("event=role .* to=ACTIVE", watched.owner.host, at)
    assert len(taken) <= 1, f"{len(taken)} times, first: {taken[0].text}"


def case_who_claims_the_address_of_the_only_neighbour_and_keeps_silent_cannot_take_the_vip_away(lab):
    quiet, stranger, pair = Quiet(lab), Stranger(lab), Pair(lab)
    owner, backup = pair.owner(), pair.backup()
    quiet.speaks()
    lab.wait_for(lambda: quiet.asked_by(owner.host), 2, "the owner asks its new neighbour")
    for _ in range(3):
        stranger.claims(quiet.host.v4)
    at = backup.kill()
    lab.wait_log("event=peer peer=.* state=dead", owner.host, at)
    lab.holds_for(lambda: owner.role() == "ACTIVE", 1, "the owner in its place")
    assert not lab.syslog.find("event=link .*state=cut-off|event=role", owner.host, at)
    assert quiet.asked_by(owner.host), "the question whether anybody hears it never came"
    stranger.close()


def case_who_claims_the_vip_from_ever_new_macs_does_not_fill_the_log(lab):
    watched, stranger = Watched(lab), Stranger(lab)
    since = time.monotonic_ns()
    for number in range(200):
        stranger.claims(VIP, f"02:00:00:00:ff:{number:02x}")
        time.sleep(0.005)
    lab.wait_log("event=duplicate vip=mail .*mac=02:00:00:00:ff:", watched.owner.host, since)
    lines = lab.syslog.find("event=duplicate", watched.owner.host, since)
    assert len(lines) == 1, f"{len(lines)} lines in a second"
    stranger.close()
