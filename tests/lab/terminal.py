"""A real terminal, tmux, on a socket of its own: what a person sees on it, and the keys that are pressed."""
from host import run


class Terminal:
    """A shell on a screen of so many columns and rows; everything in it ends with it."""

    def __init__(self, lab, columns=100, rows=30):
        self.lab, self.socket = lab, f"{lab.dir}/tmux"
        run("env", "-u", "TMUX", "TERM=xterm", "tmux", "-S", self.socket, "-f", "/dev/null", "new-session", "-d",
            "-x", columns, "-y", rows, "sh")
        try:
            self.awaits("#")
        except BaseException:
            self.close()
            raise

    def tmux(self, *command, check=True):
        return run("tmux", "-S", self.socket, *command, check=check)

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.keys("Enter")

    def shown(self):
        return self.tmux("capture-pane", "-p").stdout

    def awaits(self, *words, deadline_s=8):
        """The screen, once it shows all of these words."""
        try:
            return self.lab.wait_for(lambda: all(word in self.shown() for word in words) and self.shown(), deadline_s,
                                     f"the terminal shows {words}")
        except Exception:
            print(self.shown())
            raise

    def is_second(self):
        """Is it the second screen that is seen, which leaves the first as it was?"""
        return self.tmux("display-message", "-p", "#{alternate_on}").stdout.strip() == "1"

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", columns, "-y", rows)

    def close(self):
        self.tmux("kill-server", check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
