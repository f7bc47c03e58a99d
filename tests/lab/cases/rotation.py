"""A rotation of the cluster's key, step by step under traffic: hitless, and each step refused until it is safe."""
import os

from promises import Watched, nothing_changes


def case_a_key_rotation_of_a_pair_is_hitless_and_no_step_goes_before_its_time(lab):
    watched = Watched(lab)
    owner, backup = watched.owner, watched.backup
    path = {agent: f"{agent.host.run_dir}/cluster.key" for agent in (owner, backup)}

    def step(agent, name, allowed=True):
        done = agent.ctl("key", name, path[agent], check=False)
        assert (done.returncode == 0) == allowed, f"{name} on {agent.host.name}: {done.stdout}{done.stderr}"
        assert os.stat(path[agent]).st_mode & 0o777 == 0o600 and not os.path.exists(path[agent] + ".new")
        return done.stdout + done.stderr

    def seals_with(agent, peer, key):
        lab.wait_for(lambda: agent.status()["peers"][0]["key"] == key, 5, f"{peer.host.name} seals with {key}")

    with nothing_changes(watched, log_lines_max=24):
        old = step(owner, "list").split()[0]
        step(owner, "promote", allowed=False)
        step(owner, "drop", allowed=False)
        assert "next: copy the file to every other node" in step(owner, "add")
        new = step(owner, "list").split()[2]
        assert owner.status()["keys"] == [old, new] and old != new, owner.status()["keys"]
        assert "owns a vip" in step(owner, "promote", allowed=False)
        with open(path[owner]) as file:
            backup.host.write("cluster.key", file.read(), 0o600)
        assert "has not read the new key" in step(backup, "promote", allowed=False)
        backup.ctl("reload")
        step(backup, "promote")
        seals_with(owner, backup, new)
        assert f"seals with {new}" in owner.ctl("status").stdout
        assert "is not known to seal with" in step(backup, "drop", allowed=False)
        step(owner, "promote")
        seals_with(backup, owner, new)
        for agent in (owner, backup):
            step(agent, "drop")
        assert [agent.status()["keys"] for agent in (owner, backup)] == [[new], [new]]
        lab.wait_for(watched.pair.settled, 5, "the pair is settled")
        assert all(agent.status()["peers"][0]["key_matches"] for agent in (owner, backup))
