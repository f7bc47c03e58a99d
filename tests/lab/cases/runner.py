"""The runners themselves: a case that hangs costs its time and nothing else, and what was not tested is told."""
import os
import re
import signal
import subprocess
import sys
import time

from host import run
from lab import HERE, ROOT

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


# What cmocka says of: all well, a test skipped, all skipped, nothing run; and a program that dies before it could count.
ENDS = {
    "good": ("[  PASSED  ] 3 test(s).", 0),
    "some": ("[  PASSED  ] 2 test(s).\n[  SKIPPED ] 1 test(s), listed below:\n[  SKIPPED ] a_name", 0),
    "skipped": ("[  PASSED  ] 0 test(s).\n[  SKIPPED ] 2 test(s), listed below:", 0),
    "silent": ("", 0),
    "none": ("[  PASSED  ] 0 test(s).", 0),
    "dead": ("[ RUN      ] a_name", 134),
}


def case_a_unit_test_that_did_not_run_is_told(lab):
    def counted(*names):
        done = run(f"{ROOT}/tests/unit/run", *(f"{lab.dir}/{name}" for name in names), check=False)
        return done.returncode, done.stdout.splitlines()
    for name, (words, status) in ENDS.items():
        with open(f"{lab.dir}/{name}", "w") as file:
            file.write(f"#!/bin/sh\ncat <<'end'\n{words}\nend\nexit {status}\n")
        os.chmod(f"{lab.dir}/{name}", 0o755)
    assert counted("good")[1][1:] == ["3 passed, 0 failed"]
    status, lines = counted("good", "some", "skipped")
    assert status == 0 and lines[3:] == ["3 skipped", "5 passed, 0 failed"], lines
    for name in ("silent", "none", "dead"):
        status, lines = counted("good", name)
        assert status == 1 and lines[-1] == "3 passed, 1 failed", lines


case_a_unit_test_that_did_not_run_is_told.nodes = ()
case_a_case_that_hangs_is_ended_once_and_cleans_up.nodes = ()
case_a_second_signal_does_not_interrupt_the_clean_up.nodes = ()
