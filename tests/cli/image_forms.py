#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""image_forms.py DIR: small images in the forms that builders, engines and tools give them, one in
each directory or archive below DIR. All hold a file etc/form, and amd64's says amd64, arm64's arm64.
"""
import io
import json
import os
import sys
import tarfile

from stranger import directory, entry, sha256, tar_of

OCI = "application/vnd.oci.image."
MANIFEST, INDEX, CONFIG = OCI + "manifest.v1+json", OCI + "index.v1+json", OCI + "config.v1+json"
LAYER = OCI + "layer.v1.tar"
REF, NAME = "org.opencontainers.image.ref.name", "io.containerd.image.name"
top = sys.argv[1]


class Layout:
    def __init__(self, name):
        self.path = os.path.join(top, name)
        os.makedirs(os.path.join(self.path, "blobs/sha256"))
        self.write("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def write(self, name, data):
        with open(os.path.join(self.path, name), "wb") as f:
            f.write(data)

    def blob(self, data, media_type, **more):
        if not isinstance(data, bytes):
            data = json.dumps(data).encode()
        self.write("blobs/sha256/" + sha256(data), data)
        return {"mediaType": media_type, "digest": "sha256:" + sha256(data), "size": len(data),
                **more}

    def image(self, arch="amd64", os="linux", file=None, config=None, manifest=None, **more):
        """config: keys to set, or to leave out where the value is Ellipsis."""
        tar = tar_of([directory("etc"), entry("etc/form", (file or arch) + "\n")])
        document = {"architecture": arch, "os": os, "config": {"User": "5000:5000"},
                    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(tar)]}}
        document.update(config or {})
        document = {k: v for k, v in document.items() if v is not Ellipsis}
        return self.blob({"schemaVersion": 2, "mediaType": MANIFEST,
                          "config": self.blob(document, CONFIG),
                          "layers": [self.blob(tar, LAYER)], **(manifest or {})},
                         MANIFEST, **more)

    def statement(self, media_type, config, **more):
        return self.blob({"schemaVersion": 2, "mediaType": MANIFEST,
                          "config": self.blob(config, CONFIG),
                          "layers": [self.blob(b'{"statement":1}', media_type)]},
                         MANIFEST, **more)

    def index(self, *entries, **more):
        return self.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)},
                         INDEX, **more)

    def close(self, *entries, **more):
        document = {"schemaVersion": 2, "manifests": list(entries), **more}
        self.write("index.json", json.dumps(document).encode())

    def forget(self, descriptor):
        os.remove(os.path.join(self.path, "blobs/sha256", descriptor["digest"][7:]))


def platform(arch, system="linux", **more):
    return {"platform": {"architecture": arch, "os": system, **more}}


def named(*names):
    keys = [REF, NAME]
    return {"annotations": dict(zip(keys, names))}


# ---- indexes -------------------------------------------------------------------------------------
w = Layout("windows")  # as golang's and caddy's
w.close(w.index(w.image(**platform("amd64")), w.image("arm64", **platform("arm64", variant="v8")),
                w.image("amd64", "windows",
                        **platform("amd64", "windows", **{"os.version": "10.0.20348.1"}))),)

s = Layout("sparse")  # as Docker Desktop saves what it has pulled for itself alone
away = s.image("arm64", **platform("arm64", variant="v8"))
s.close(s.index(s.image(**platform("amd64")), away, **named("latest", "docker.io/library/s:latest")))
s.forget(away)

m = Layout("mismatch")  # each config says amd64
m.close(m.index(m.image("amd64", file="amd64", **platform("amd64")),
                m.image("amd64", file="arm64", **platform("arm64", variant="v8"))))

b = Layout("attested")  # as BuildKit makes it, with a config that says nothing
child = b.image(**platform("amd64"))
b.close(b.index(child, b.statement("application/vnd.in-toto+json", {}, **platform("unknown", "unknown"),
                                   annotations={"vnd.docker.reference.type": "attestation-manifest",
                                                "vnd.docker.reference.digest": child["digest"]})))

c = Layout("cosign-save")  # an image, its signature and its attestation, side by side
KIND = "kind"
c.close(c.image(annotations={KIND: "dev.cosignproject.cosign/image"}),
        c.statement("application/vnd.dev.cosign.simplesigning.v1+json",
                    {"architecture": "", "os": "", "config": {},
                     "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}},
                    annotations={KIND: "dev.cosignproject.cosign/sigs"}),
        c.statement("application/vnd.dsse.envelope.v1+json", {"architecture": "", "os": ""},
                    annotations={KIND: "dev.cosignproject.cosign/atts"}))

# ---- names ---------------------------------------------------------------------------------------
n = Layout("names")  # one image under two names, and another one
one, other = n.image(), n.image(file="other")
n.close({**one, **named("1.0")}, {**one, **named("latest")}, {**other, **named("2.0")})

d = Layout("docker-names")  # as docker save writes a:latest and b:latest
d.close({**d.image(), **named("latest", "docker.io/library/a:latest")},
        {**d.image(file="b"), **named("latest", "docker.io/library/b:latest")})

# ---- documents -----------------------------------------------------------------------------------
o = Layout("no-os")  # buildpacks
o.close(o.image(config={"os": ...}))
o = Layout("blank-os")
o.close(o.image(config={"os": ""}))

z = Layout("null")  # Go's empty lists
z.close(z.image(manifest={"subject": None, "annotations": None, "artifactType": ""},
                config={"history": None,
                        "config": {"User": "5000:5000", "Env": None, "Cmd": None,
                                   "Entrypoint": None, "Labels": None, "Volumes": None}},
                **{"annotations": None, "platform": None, "urls": None}), annotations=None)
z = Layout("null-layers")  # FROM scratch, and nothing else
z.close(z.blob({"schemaVersion": 2, "mediaType": MANIFEST, "layers": None,
                "config": z.blob({"architecture": "amd64", "os": "linux", "config": {},
                                  "rootfs": {"type": "layers", "diff_ids": None}}, CONFIG)},
               MANIFEST))
e = Layout("no-config")  # `docker build` writes fewer keys than buildah
e.close(e.image(config={"config": {"User": "5000:5000", "Env": [], "Labels": {}, "Cmd": None,
                                   "WorkingDir": "", "OnBuild": None, "Tty": False,
                                   "Hostname": ""}}))
e = Layout("least-config")
e.close(e.image())

# ---- archives of docker save ---------------------------------------------------------------------


def docker(name, keys, config_name=None):
    tar = tar_of([directory("etc"), entry("etc/form", "amd64\n")])
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"User": "5000:5000"},
                         "rootfs": {"type": "layers",
                                    "diff_ids": ["sha256:" + sha256(tar)]}}).encode()
    config_name = config_name or sha256(config) + ".json"
    values = [config_name, ["team/app:1"], ["layer.tar"]]
    members = {config_name: config, "layer.tar": tar,
               "manifest.json": json.dumps([dict(zip(keys, values))]).encode()}
    with tarfile.open(os.path.join(top, name), "w") as archive:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


docker("jib.tar", ["config", "repoTags", "layers"], "config.json")
docker("misnamed.tar", ["Config", "RepoTags", "Layers"], "0" * 64 + ".json")
