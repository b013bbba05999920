#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images as strangers make them, for `mkimage audit`: layers from lists of entries.

    Image(config, [layer, ...]).docker_archive(path)      as docker save writes it
    Image(config, [layer, ...]).layout(path, codec)       an OCI layout; codec "", "gzip" or "zstd";
                                                          annotations of its manifest

A layer is a list of entry(...). All times are fixed, so the same script makes the same bytes.
"""
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile

TIME = 1700000000


def entry(name, data=None, kind="0", mode=None, uid=0, gid=0, target="", pax=None, dev=(0, 0),
          mtime=TIME):
    """A file of data; or kind "5" a directory, "1" a hard link, "2" a link, "3" a device, …"""
    info = tarfile.TarInfo(name)
    info.type = kind.encode()
    info.mode = mode if mode is not None else 0o755 if kind == "5" else 0o644
    info.uid, info.gid, info.mtime, info.linkname = uid, gid, mtime, target
    info.devmajor, info.devminor = dev
    info.pax_headers = pax or {}
    if isinstance(data, str):
        data = data.encode()
    info.size = len(data or b"") if kind == "0" else 0
    return info, data or b""


def directory(name, mode=0o755, **more):
    return entry(name, kind="5", mode=mode, **more)


def link(name, target):
    return entry(name, kind="2", mode=0o777, target=target)


def tar_of(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8",
                      errors="surrogateescape") as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def packed(tar, codec):
    if codec == "gzip":
        return gzip.compress(tar, mtime=0)
    if codec == "zstd":
        return subprocess.run(["zstd", "-q"], input=tar, stdout=subprocess.PIPE, check=True).stdout
    return tar


class Image:
    def __init__(self, config, layers, arch="amd64", history=None, created="2023-11-14T22:13:20Z"):
        self.tars = [t if isinstance(t, bytes) else tar_of(t) for t in layers]
        document = {
            "architecture": arch,
            "os": "linux",
            "created": created,
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(t) for t in self.tars]},
            "history": history or [{"created_by": "layer %d" % i} for i in range(len(layers))],
        }
        self.config = json.dumps(document).encode()

    def docker_archive(self, path, tag="stranger:1.0"):
        names = ["%s/layer.tar" % sha256(t) for t in self.tars]
        files = dict(zip(names, self.tars))
        files[sha256(self.config) + ".json"] = self.config
        files["manifest.json"] = json.dumps([{
            "Config": sha256(self.config) + ".json", "RepoTags": [tag], "Layers": names,
        }]).encode()
        with open(path, "wb") as f:
            f.write(tar_of([entry(name, data) for name, data in files.items()]))

    def layout(self, path, codec="gzip", annotations=None):
        os.makedirs(os.path.join(path, "blobs", "sha256"))

        def blob(data, media_type):
            with open(os.path.join(path, "blobs", "sha256", sha256(data)), "wb") as f:
                f.write(data)
            return {"mediaType": media_type, "digest": "sha256:" + sha256(data),
                    "size": len(data)}

        kind = "application/vnd.oci.image."
        suffix = "+" + codec if codec else ""
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind + "manifest.v1+json",
            "config": blob(self.config, kind + "config.v1+json"),
            "layers": [blob(packed(t, codec), kind + "layer.v1.tar" + suffix) for t in self.tars],
        }
        if annotations:
            manifest["annotations"] = annotations
        index = {"schemaVersion": 2,
                 "manifests": [blob(json.dumps(manifest).encode(), kind + "manifest.v1+json")]}
        for name, document in (("index.json", index), ("oci-layout",
                                                       {"imageLayoutVersion": "1.0.0"})):
            with open(os.path.join(path, name), "w") as f:
                json.dump(document, f)
