#!/usr/bin/env python3
"""All connections to a durable queue are reset (ss -K), again and again, under load."""
import os
import shutil
import subprocess

from command import main
from durable import DurableTest, rounds
from observe import wait_until

STORMS = 100


class ResetStorm(DurableTest):
    def reset(self, port):
        """How many connections were ended."""
        command = ["ss", "--kill", "--tcp", "--no-header", "dport", "=", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return len(done.stdout.splitlines())

    def test_nothing_is_lost(self):
        if os.geteuid() != 0 or not shutil.which("ss"):
            self.skipTest("only root may end connections, with ss")
        self.at = "tcp://127.0.0.1:0"
        self.at = self.device().url
        port = self.at.rpartition(":")[2]
        producer = self.produce()
        self.consume()
        storms = rounds(STORMS)
        for number in range(storms):
            enough = producer.confirmed + self.draw.randrange(1, 100)
            wait_until(lambda: producer.confirmed >= enough, f"{enough} confirms")
            ended = self.reset(port)
            if number == 0 and not ended:
                self.skipTest("this kernel cannot end connections")
            self.record.say("fault", "ok" if ended else "fail", name="reset")
            self.reconnect()
        self.finish()
        self.judge("reset storm", storms, order=True, faults=storms)


if __name__ == "__main__":
    main()
