"""The machine card: what the numbers depend on."""

import os
import platform
import subprocess
from pathlib import Path


def card(versions):
    """`versions`: of the libraries."""
    return {"cpu": cpu(), "cores": os.cpu_count(), "memory_gib": memory(), "governor": governor(), "virtual": is_virtual(),
            "kernel": platform.release(), "system": system(), "load": round(os.getloadavg()[0], 2), "commit": commit()} | versions


def cpu():
    return field("/proc/cpuinfo", "model name") or platform.machine()


def is_virtual():
    return " hypervisor" in (field("/proc/cpuinfo", "flags") or "")


def memory():
    return round(int(field("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20))


def field(path, name):
    lines = Path(path).read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), None)


def governor():
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return path.read_text().strip() if path.exists() else "not told"


def system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "not told"
