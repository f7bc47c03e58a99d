"""The switch's own faults: which port hears which, one way or both. Every frame counts, heartbeats and clients' alike.

A change is one transaction of the switch's kernel: no frame meets half a cut."""
import itertools
import time

from host import run

TABLE = """table bridge cuts {
    set mute { type ifname; }
    set deaf { type ifname; }
    set apart { type ifname . ifname; }
    chain forward {
        type filter hook forward priority 0;
        iifname @mute drop
        oifname @deaf drop
        iifname . oifname @apart drop
    }
}
"""


class Cuts:
    def __init__(self, lab):
        self.lab = lab
        self.mute, self.deaf, self.apart = set(), set(), set()
        self._nft(TABLE)

    def _nft(self, text):
        run("ip", "netns", "exec", self.lab.switch, "nft", "-f", "-", text_in=text)

    def apply(self, mute=(), deaf=(), apart=()):
        """From now on nothing passes from the mute hosts, to the deaf hosts, and from one to the other of each pair
        that is apart; all else does. Returns the instants between which that came about."""
        self.mute, self.deaf, self.apart = set(mute), set(deaf), set(apart)
        elements = {"mute": [f'"{host.port}"' for host in self.mute], "deaf": [f'"{host.port}"' for host in self.deaf],
                    "apart": [f'"{a.port}" . "{b.port}"' for a, b in self.apart]}
        lines = [f"flush set bridge cuts {name}" for name in elements]
        lines += [f"add element bridge cuts {name} {{ {', '.join(some)} }}" for name, some in elements.items() if some]
        before = time.monotonic_ns()
        self._nft("\n".join(lines) + "\n")
        return before, time.monotonic_ns()

    def passes(self, a, b):
        return a not in self.mute and b not in self.deaf and (a, b) not in self.apart


def both_ways(side, other):
    """The pairs that are apart when no host of one side hears any of the other."""
    return {pair for a, b in itertools.product(side, other) for pair in ((a, b), (b, a))}
