"""The lab's own runner: a case that hangs costs its time and nothing else."""
import os
import re
import signal
import subprocess
import sys
import time

from host import run
from lab import HERE

# It hangs, and its clean-up lasts long enough for whatever would interrupt it.
HANGS = """
import time


def case_hangs(lab):
    lab.syslog.close, syslog_close = lambda: (time.sleep(0.5), syslog_close()), lab.syslog.close
    print(f"prefix {lab.prefix}", flush=True)
    print(f"dir {lab.dir}", flush=True)
    while True:
        time.sleep(1)


case_hangs.nodes = ()
"""


def start(lab, seconds):
    os.mkdir(f"{lab.dir}/cases")
    with open(f"{lab.dir}/cases/hangs.py", "w") as file:
        file.write(HANGS)
    with open(f"{lab.dir}/runner.txt", "w") as out:
        return subprocess.Popen([sys.executable, f"{HERE}/run", *seconds], stdout=out, stderr=out,
                                env={**os.environ, "LAB_CASES": lab.dir, "LAB_CASE_SECONDS": "8"})


def said(lab):
    with open(f"{lab.dir}/runner.txt") as file:
        return file.read()


def assert_nothing_is_left(words):
    prefix, directory = re.search(r"^prefix (\S+)$", words, re.M)[1], re.search(r"^dir (\S+)$", words, re.M)[1]
    left = [name for name in run("ip", "netns", "list").stdout.split() if name.startswith(prefix)]
    assert not left, f"namespaces are left: {left}"
    assert not os.path.exists(directory), f"{directory} is left"


def case_a_case_that_hangs_is_ended_once_and_cleans_up(lab):
    runner = start(lab, [])
    lab.wait_for(lambda: runner.poll() is not None, 60, "the runner ends")
    words = said(lab)
    assert runner.returncode == 1 and "FAILED" in words, words
    assert words.count("ended after") == 1, words
    assert_nothing_is_left(words)


def case_a_second_signal_does_not_interrupt_the_clean_up(lab):
    case = start(lab, ["--here", "hangs"])
    lab.wait_for(lambda: "dir " in said(lab), 30, "the case runs")
    while case.poll() is None:
        case.send_signal(signal.SIGTERM)
        time.sleep(0.02)
    assert_nothing_is_left(said(lab))


case_a_case_that_hangs_is_ended_once_and_cleans_up.nodes = ()
case_a_second_signal_does_not_interrupt_the_clean_up.nodes = ()
