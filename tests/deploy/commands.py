#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The commands of a file in deploy/ as a shell script, with the environment that its platform gives
# them, so that tests run what stands there instead of a copy:
#
#     commands.py gitlab FILE JOB           of .gitlab-ci.yml, variables expanded as GitLab does
#     commands.py steps FILE [STEP]         the `run` steps of a workflow (GitHub, Forgejo), or the one
#     commands.py pod FILE CONTAINER        a container of a CronJob's pod
#     commands.py unit FILE                 ExecStart of a systemd service
#
# Variables, secrets and what a platform presets (${{ vars.X }}, $CI_PROJECT_DIR, secretKeyRef) come
# from the environment: X, CI_PROJECT_DIR, KEY.

import os
import re
import shlex
import sys

import yaml


def export(env):
    for name, value in env.items():
        print(f"export {name}={shlex.quote(str(value))}")


def gitlab(path, job):
    with open(path, encoding="utf-8") as f:
        jobs = yaml.safe_load(f)

    def expand(text):
        return re.sub(r"\$(?:(\$)|(\w+)|\{(\w+)\})",
                      lambda m: m[1] or os.environ.get(m[2] or m[3], ""), text)

    export({k: expand(str(v)) for k, v in jobs[job].get("variables", {}).items()})
    for line in jobs[job]["script"]:
        print(line)


def steps(path, only=None):
    with open(path, encoding="utf-8") as f:
        job = yaml.safe_load(f)["jobs"]["update"]

    def expand(env):
        return {k: re.sub(r"\$\{\{ *\w+\.(\w+) *\}\}", lambda m: os.environ[m[1]], str(v))
                for k, v in env.items()}

    export(expand(job.get("env", {})))
    for step in job["steps"]:
        if "run" not in step or (only and step["name"] != only):
            continue
        # A step has an environment of its own; the directory is the job's again.
        print("(")
        export(expand(step.get("env", {})))
        print(step["run"].rstrip() + "\n)")


def pod(path, name):
    with open(path, encoding="utf-8") as f:
        cron = next(d for d in yaml.safe_load_all(f) if d["kind"] == "CronJob")
    spec = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    container = next(c for c in spec.get("initContainers", []) + spec["containers"]
                     if c["name"] == name)
    for e in container.get("env", []):
        if "value" in e:
            export({e["name"]: os.environ.get("SET_" + e["name"], e["value"])})
        else:
            export({e["name"]: os.environ[e["valueFrom"]["secretKeyRef"]["key"]]})
    print("exec", shlex.join(container.get("command", ["mkimage"]) + container["args"]))


def unit(path):
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    start = [line[len("ExecStart="):] for line in lines if line.startswith("ExecStart=")]
    assert len(start) == 1
    print("exec", shlex.join(shlex.split(start[0])))


{"gitlab": gitlab, "steps": steps, "pod": pod, "unit": unit}[sys.argv[1]](*sys.argv[2:])
