#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py PAGE SHOTS: the HTML page of `mkimage audit` in a real browser (Debian's chromium and
chromium-driver, spoken to by W3C WebDriver). Filters findings, sorts packages, opens the tree, on a
desktop, on a phone and in dark mode; pictures go to SHOTS. Prints what is wrong; exit code 1.
"""
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

page, shots = os.path.abspath(sys.argv[1]), sys.argv[2]
bad = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    def __init__(self, profile):
        self.base = "http://127.0.0.1:%d" % free_port()
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=" + self.base.rsplit(":", 1)[1]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        arguments = ["--headless", "--disable-gpu", "--no-first-run", "--disable-quic",
                     "--disable-background-networking", "--disable-component-update",
                     "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir=" + profile]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        options = {"args": arguments, "binary": "/usr/bin/chromium"}
        for _ in range(100):
            try:
                self.session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
                    "goog:chromeOptions": options,
                    "goog:loggingPrefs": {"browser": "ALL"}}}})["sessionId"]
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("chromedriver doesn't answer")

    def ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise SystemExit("%s %s: %s" % (method, path, e.read().decode()[:500]))

    def do(self, path, body=None):
        return self.ask("POST", "/session/%s/%s" % (self.session, path), body or {})

    def js(self, script, *arguments):
        return self.do("execute/sync", {"script": script, "args": list(arguments)})

    def cdp(self, command, **parameters):
        return self.do("goog/cdp/execute", {"cmd": command, "params": parameters})

    def shot(self, name):
        data = self.ask("GET", "/session/%s/screenshot" % self.session)
        with open(os.path.join(shots, name + ".png"), "wb") as f:
            f.write(base64.b64decode(data))

    def screen(self, width, height, phone=False, dark=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=phone)
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def log(self):
        return self.do("se/log", {"type": "browser"})

    def end(self):
        self.ask("DELETE", "/session/" + self.session)
        self.driver.terminate()
        self.driver.wait()


def expect(what, got, wanted):
    if got != wanted:
        bad.append("%s: %r, not %r" % (what, got, wanted))


TYPE = """const e = document.querySelector(arguments[0]); e.value = arguments[1];
e.dispatchEvent(new Event('input', {bubbles: true}));"""
FOUND = "return document.querySelectorAll('#findings details.find').length"


def check(b):
    b.do("url", {"url": "file://" + page})
    b.screen(1280, 900)
    time.sleep(0.5)
    started = b.js("return performance.getEntriesByType('navigation')[0].domComplete")
    if started > 3000:
        bad.append("the page took %d ms" % started)
    expect("sections", b.js("return [...document.querySelectorAll('main > section')].map(s => s.id)"),
           ["glance", "start", "findings", "surface", "layers", "packages", "files"])
    all_findings = b.js("return audit.images[0].findings.length")
    visible = b.js("return audit.images[0].findings.filter(f => !(f.policy && f.policy.off)).length")
    expect("findings shown", b.js(FOUND), min(visible, 300))

    # filters: by severity, by words, by nothing that fits
    b.js("document.querySelector('.chip.high').click()")
    high = b.js("return audit.images[0].findings.filter(f => f.severity === 'high' && !(f.policy && f.policy.off)).length")
    expect("findings of severity high", b.js(FOUND), min(high, 300))
    expect("and nothing else", b.js(
        "return [...document.querySelectorAll('#findings details .badge')].every(e => e.textContent === 'high')"),
        True)
    b.js("document.querySelectorAll('#findings input[type=checkbox]').forEach(e => e.checked = true)")
    b.js(TYPE, "#find", "fs-suid")
    suid = b.js("return audit.images[0].findings.filter(f => f.rule === 'FS-SUID').length")
    if not suid:
        bad.append("the page's image has no FS-SUID to be filtered")
    expect("findings of a rule", b.js(FOUND), suid)
    expect("which are one group", b.js("return document.querySelectorAll('#findings details.rule').length"), 1)
    expect("that says its fix", b.js(
        "return document.querySelector('#findings details.rule .fix').textContent.startsWith('Fix: ')"), True)
    b.js("const d = document.querySelector('#findings details.find'); d.open = true;")
    time.sleep(0.2)
    expect("a finding says who asks for it", b.js(
        "return document.querySelector('#findings details .body').textContent.includes('Source')"), True)
    b.shot("finding")
    b.js(TYPE, "#find", "no such words at all")
    expect("findings of no such words", b.js(FOUND), 0)
    b.js(TYPE, "#find", "")
    expect("all findings again", b.js(FOUND), min(all_findings, 300))

    # the first things to do lead to their findings; on paper all is open
    rule = b.js("return document.querySelector('#start code').textContent")
    b.js("document.querySelector('#start a').click()")
    expect("what the start leads to", b.js(
        "return [...document.querySelectorAll('#findings details.rule code:nth-child(2)')].every(e => e.textContent === arguments[0])",
        rule), True)
    b.js(TYPE, "#find", "")
    b.js("window.dispatchEvent(new Event('beforeprint'))")
    time.sleep(0.2)
    expect("groups that stay closed on paper", b.js("return document.querySelectorAll('#findings details:not([open])').length"), 0)
    b.js("document.querySelectorAll('#findings details.find').forEach(d => { d.open = false; })")
    expect("wasted bytes of layers", b.js(
        "return document.querySelector('#layers h2 small').textContent.includes('wasted')"), True)

    # packages and files
    rows = "return document.querySelectorAll('#packages tbody tr').length"
    n = b.js("return audit.images[0].packages.length")
    expect("packages", b.js(rows), n)
    name = b.js("return audit.images[0].packages[0].name")
    b.js(TYPE, "#packages input", name)
    if not 1 <= b.js(rows) <= n:
        bad.append("packages named %s: %d of %d" % (name, b.js(rows), n))
    b.js("[...document.querySelectorAll('#files .dir')].find(e => e.textContent === 'usr/').click()")
    expect("an open directory", b.js("return document.querySelectorAll('#files li li').length > 0"), True)
    b.js(TYPE, "#files input", "passwd")
    expect("files found", b.js(
        "return [...document.querySelectorAll('#files .row > :first-child')].every(e => /passwd/i.test(e.textContent))"),
        True)
    b.js(TYPE, "#files input", "")

    # hostile names: nothing became an element, nothing ran, nothing was asked of the network
    expect("scripts", b.js("return document.scripts.length"), 2)
    expect("images and frames", b.js("return document.querySelectorAll('img,iframe,object,embed,link,base').length"), 0)
    expect("characters that reorder what is shown", b.js(
        r"return /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(document.body.textContent)"), False)
    expect("a script that ran", b.js("return typeof window.pwned"), "undefined")
    expect("requests", b.js("return performance.getEntriesByType('resource').length"), 0)
    for entry in b.log():
        bad.append("console: " + entry["message"])

    # how it looks; nothing sticks out at the side
    for name, width, height, phone, dark in (
            ("desktop", 1280, 900, False, False), ("desktop-dark", 1280, 900, False, True),
            ("phone", 390, 844, True, False), ("phone-dark", 390, 844, True, True)):
        b.screen(width, height, phone, dark)
        b.js("window.scrollTo(0, 0)")
        time.sleep(0.3)
        wide = b.js("return document.documentElement.scrollWidth")
        if wide > width:
            bad.append("%s: %d pixels wide on a screen of %d" % (name, wide, width))
        b.shot(name)
        for part in "start", "findings", "surface", "layers", "packages", "files":
            b.js("document.getElementById(arguments[0]).scrollIntoView()", part)
            time.sleep(0.15)
            b.shot(name + "-" + part)


os.makedirs(shots, exist_ok=True)
with tempfile.TemporaryDirectory() as profile:
    browser = Browser(profile)
    try:
        check(browser)
    finally:
        browser.end()
for line in bad:
    print(line)
sys.exit(1 if bad else 0)
