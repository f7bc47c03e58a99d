"""make install puts the same tree everywhere, and make uninstall takes it away."""
import os
import stat
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def make(lab, target, tree):
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(["make", "-s", "-C", ROOT, target, f"B={os.path.relpath(lab.build, ROOT)}", f"DESTDIR={tree}"], env=environment,
                          umask=0o077, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def case_an_installed_tree_has_its_modes_whatever_the_umask_and_can_be_taken_away(lab):
    tree = f"{lab.dir}/tree"
    os.mkdir(tree, 0o755)
    make(lab, "install", tree)
    found = {}
    for path, folders, files in os.walk(tree):
        for name in folders + files:
            found[os.path.relpath(f"{path}/{name}", tree)] = os.lstat(f"{path}/{name}").st_mode
    for name in ("usr/sbin/casvipd", "usr/sbin/casvip-checks", "usr/bin/casvipctl", "usr/share/bash-completion/completions/casvipctl",
                 "usr/share/zsh/vendor-completions/_casvipctl",
                 "usr/share/man/man5/casvip.conf.5",
                 "usr/share/doc/casvip/examples/pair.conf", "usr/lib/systemd/system/casvipd.service",
                 "usr/sbin/casvip-web", "usr/lib/systemd/system/casvip-web.service", "usr/share/man/man8/casvip-web.8",
                 "usr/share/doc/casvip/examples/prometheus-rules.yml", "etc/casvip"):
        assert name in found, f"no {name}"
    for name, mode in found.items():
        program = stat.S_ISDIR(mode) or "bin/" in name
        expected = 0o711 if name == "usr/sbin/casvip-checks" else 0o755 if program else 0o644
        assert stat.S_IMODE(mode) == expected, f"{name} has mode {stat.S_IMODE(mode):o}, not {expected:o}"
    make(lab, "uninstall", tree)
    left = [f"{path}/{name}" for path, _, files in os.walk(tree) for name in files]
    assert not left, left


case_an_installed_tree_has_its_modes_whatever_the_umask_and_can_be_taken_away.nodes = ()
