"""One machine of the lab: a network, mount and host name namespace of its own, with a private /run and /dev/log.

Everything started on a host runs in its namespaces and dies with the lab, whatever happens to the lab."""
import ctypes
import os
import signal
import socket
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"]

# The holder keeps the namespaces alive. A file system tree of the host's own: /dev only to have a /dev/log, /run so that
# the same paths (and so the same configuration) stand on every host, with what is built where any user can reach it.
HOLDER = r"""
set -e
hostname {name}
for f in all default; do
    echo 0 >/proc/sys/net/ipv6/conf/$f/accept_dad
    echo 0 >/proc/sys/net/ipv6/conf/$f/router_solicitations
    echo 0 >/proc/sys/net/ipv6/conf/$f/accept_ra
done
ip link set lo up
mkdir {dir}/dev
mount -t tmpfs -o mode=755 lab {dir}/dev
for n in null zero full random urandom tty; do touch {dir}/dev/$n; mount --bind /dev/$n {dir}/dev/$n; done
mkdir {dir}/dev/pts {dir}/dev/shm
mount --rbind /dev/pts {dir}/dev/pts || true
mount -t tmpfs -o mode=1777 lab {dir}/dev/shm
for n in 0 1 2; do ln -s /proc/self/fd/$n {dir}/dev/$(echo stdin stdout stderr | cut -d' ' -f$((n + 1))); done
ln -s /proc/self/fd {dir}/dev/fd
ln -s {dir}/log {dir}/dev/log
mount --move {dir}/dev /dev
mount -t tmpfs -o mode=755 lab /run
mkdir /run/casvip /run/build
mount --bind {dir}/run /run/casvip
mount --bind {build} /run/build
echo ready
exec sleep infinity
"""


def run(*command, check=True, timeout=20, text_in=None):
    """A command to its end; its output is part of the error when it fails."""
    done = subprocess.run([str(c) for c in command], stdin=None if text_in is not None else subprocess.DEVNULL,
                          input=text_in, capture_output=True, text=True, errors="replace", timeout=timeout)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def socket_in(network, family, kind, protocol=0):
    """A socket of this process in another network (the path of its namespace)."""
    here, there = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open(network, os.O_RDONLY)
    try:
        if _libc.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return socket.socket(family, kind, protocol)
        finally:
            if _libc.setns(here, CLONE_NEWNET):
                os._exit(1)  # in the wrong network nothing can be trusted
    finally:
        os.close(here)
        os.close(there)


class Host:
    def __init__(self, lab, name, number):
        self.lab, self.name, self.number = lab, name, number
        self.ns = f"{lab.prefix}-{name}"
        self.v4, self.v6 = f"192.0.2.{number}", f"2001:db8:1::{number:x}"
        self.mac = f"02:00:00:00:00:{number:02x}"
        self.dir = f"{lab.dir}/{name}"
        self.run_dir = f"{self.dir}/run"  # what the host sees as /run/casvip
        self.processes = []
        os.makedirs(self.run_dir)
        run("ip", "netns", "add", self.ns)
        script = HOLDER.format(name=name, dir=self.dir, build=lab.build)
        self.holder = subprocess.Popen(
            [*DIES_WITH_US, "ip", "netns", "exec", self.ns, "unshare", "-m", "-u", "--propagation", "private",
             "sh", "-c", script],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)

    def connect(self):
        """Waits for the namespaces and plugs the host into the switch."""
        said = self.holder.stdout.readline()
        if said != "ready\n":
            raise RuntimeError(f"{self.name}: {said}{self.holder.stdout.read()}")
        self.plug()

    def plug(self, addresses=True):
        """The cable, and the host's own addresses."""
        lines = [f"link add {self.port} type veth peer name eth0 address {self.mac} netns {self.ns}",
                 f"link set {self.port} master br0 up"]
        run("ip", "-n", self.lab.switch, "-batch", "-", text_in="\n".join(lines) + "\n")
        lines = ["link set eth0 up"]
        if addresses:
            lines += [f"addr add {self.v4}/24 dev eth0", f"addr add {self.v6}/64 dev eth0 nodad"]
        run("ip", "-n", self.ns, "-batch", "-", text_in="\n".join(lines) + "\n")

    @property
    def port(self):
        return f"p-{self.name}"

    def argv(self, *command):
        pid = self.holder.pid
        return ["nsenter", f"--net=/proc/{pid}/ns/net", f"--mount=/proc/{pid}/ns/mnt", f"--uts=/proc/{pid}/ns/uts",
                f"--root=/proc/{pid}/root", "--", *map(str, command)]

    def run(self, *command, **more):
        return run(*self.argv(*command), **more)

    def spawn(self, *command, name=None, env=None):
        """Starts a program; what it says goes to NAME.out in the host's directory."""
        return self.spawn_with((), *command, name=name, env=env)

    def spawn_with(self, descriptors, *command, name=None, env=None):
        """The same, with these descriptors of this process."""
        name = name or os.path.basename(str(command[0]))
        with open(f"{self.dir}/{name}.out", "ab") as out:
            process = subprocess.Popen([*DIES_WITH_US, *self.argv(*command)], stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=out, cwd="/", start_new_session=True, pass_fds=descriptors,
                                       env={**os.environ, **(env or {})})
        self.processes.append(process)
        return process

    def said(self, name):
        """What a program started here has written so far."""
        try:
            with open(f"{self.dir}/{name}.out", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def write(self, name, text, mode=0o644):
        """A file the host sees as /run/casvip/NAME."""
        path = f"{self.run_dir}/{name}"
        with open(path + ".new", "w") as file:
            file.write(text)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)
        return path

    def pids(self, program=""):
        """The processes of this host whose program's name begins so, oldest first."""
        mine = os.stat(f"/proc/{self.holder.pid}/ns/net").st_ino
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                if os.stat(f"/proc/{entry}/ns/net").st_ino == mine:
                    if os.path.basename(os.readlink(f"/proc/{entry}/exe")).startswith(program):
                        found.append(int(entry))
            except OSError:  # gone, or a zombie
                continue
        return sorted(found)

    def signal(self, number, program):
        """To every process of that program on this host, the oldest first, again until no new one turns up. Returns when
        the first one got it."""
        seen, at = set(), None
        while True:
            new = [pid for pid in self.pids(program) if pid not in seen]
            if not new:
                return at or time.monotonic_ns()
            for pid in new:
                seen.add(pid)
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
                at = at or time.monotonic_ns()

    def has(self, address):
        shown = run("ip", "-n", self.ns, "-o", "addr", "show", "dev", "eth0", check=False).stdout
        return f" {address}/" in shown

    def socket(self, family, kind, protocol=0):
        """A socket of this process that lives in the host's network."""
        return socket_in(f"/proc/{self.holder.pid}/ns/net", family, kind, protocol)

    def close(self):
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for process in [*self.processes, self.holder]:
            process.wait()
        self.holder.stdout.close()
        run("ip", "netns", "del", self.ns, check=False)
