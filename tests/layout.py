#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""layout.py DIR: whether an OCI layout is sound, without a word of the program's own about it.

Each blob's bytes have its digest, each descriptor its blob's size and the media type of what it
points to, each diff_id is that of its layer; there is a history entry a layer; no layer names a
path twice, holds a whiteout, or what stands before its directory; no blob is left over. Prints what
is wrong; exit code 1 if anything is.
"""
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

bad = []
seen = set()
root = sys.argv[1]


def no_twins(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        bad.append("a JSON key stands twice: %s" % keys)
    return dict(pairs)


def document(data):
    return json.loads(data, object_pairs_hook=no_twins)


def read(name):
    with open(os.path.join(root, name), "rb") as f:
        return f.read()


def blob(descriptor):
    digest = descriptor["digest"]
    data = read("blobs/sha256/" + digest[7:])
    if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
        bad.append("%s: has other bytes" % digest)
    if len(data) != descriptor["size"]:
        bad.append("%s: has %d bytes, not %d" % (digest, len(data), descriptor["size"]))
    seen.add(digest[7:])
    return data


def check_tar(digest, data):
    names, directories = set(), {""}
    if len(data) % 512 or data[-1024:] != bytes(1024):
        bad.append("%s: has no proper end" % digest)
    for member in tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8",
                               errors="surrogateescape"):
        name = member.name
        parent, base = os.path.split(name)
        if name.startswith("/") or ".." in name.split("/") or base.startswith(".wh."):
            bad.append("%s: holds %r" % (digest, name))
        if name in names:
            bad.append("%s: holds %r twice" % (digest, name))
        if parent not in directories:
            bad.append("%s: %r stands before its directory" % (digest, name))
        if member.islnk() and member.linkname not in names:
            bad.append("%s: %r links to %r, which comes later or not" % (digest, name,
                                                                         member.linkname))
        names.add(name)
        if member.isdir():
            directories.add(name)
        elif not (member.isreg() or member.issym() or member.islnk()):
            bad.append("%s: %r is of type %r" % (digest, name, member.type))


layers = {}  # digest: diff_id


def diff_id(descriptor):
    digest = descriptor["digest"]
    data = blob(descriptor)
    if digest not in layers:
        kind = descriptor["mediaType"].rpartition("+")[2]
        if kind == "zstd":
            data = subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE,
                                  check=True).stdout
        elif kind == "gzip":
            data = gzip.decompress(data)
        check_tar(digest, data)
        layers[digest] = "sha256:" + hashlib.sha256(data).hexdigest()
    return layers[digest]


def check(descriptor):
    doc = document(blob(descriptor))
    if doc.get("mediaType") != descriptor["mediaType"] or doc.get("schemaVersion") != 2:
        bad.append("%s: is no %s" % (descriptor["digest"], descriptor["mediaType"]))
    if ".index." in descriptor["mediaType"]:
        if "layers" in doc:
            bad.append("an index with layers")
        for inner in doc["manifests"]:
            check(inner)
        return
    config = document(blob(doc["config"]))
    ids = [diff_id(layer) for layer in doc["layers"]]
    if config["rootfs"] != {"type": "layers", "diff_ids": ids}:
        bad.append("%s: diff_ids are not those of its layers" % descriptor["digest"])
    if len(config["history"]) != len(ids):
        bad.append("%s: %d entries of history" % (descriptor["digest"], len(config["history"])))
    platform = descriptor.get("platform")
    if platform and (platform["architecture"], platform["os"]) != (config["architecture"],
                                                                   config["os"]):
        bad.append("%s: is for another platform than its index says" % descriptor["digest"])


def main():
    if document(read("oci-layout")) != {"imageLayoutVersion": "1.0.0"}:
        bad.append("oci-layout")
    for descriptor in document(read("index.json"))["manifests"]:
        check(descriptor)
    for name in sorted(set(os.listdir(os.path.join(root, "blobs/sha256"))) - seen):
        bad.append("%s is left over" % name)
    for name in sorted(set(os.listdir(root)) - {"oci-layout", "index.json", "blobs"}):
        bad.append("%s is left over" % name)
    for line in bad:
        print(line)
    sys.exit(1 if bad else 0)


main()
