# SPDX-License-Identifier: Apache-2.0
"""What tests/registry/faulty holds: blobs, uploads, manifests, tags and referrers."""

import hashlib
import json
import os
import re
import secrets


class Store:
    def __init__(self):
        self.blobs = {}  # (repository, digest): bytes
        self.manifests = {}  # (repository, digest): (type, bytes)
        self.tags = {}  # (repository, tag): digest
        self.uploads = {}  # id: bytearray
        self.tokens = {}  # token: (scopes, end)

    def hold(self, options):
        for repository, directory in options.blobs:
            for name in os.listdir(directory):
                with open(os.path.join(directory, name), "rb") as f:
                    self.blobs[(repository, "sha256:" + name)] = f.read()
        for name, kind, path in options.image:
            repository, _, tag = name.rpartition(":")
            with open(path, "rb") as f:
                data = f.read()
            self.manifests[(repository, digest_of(data))] = (kind, data)
            self.tags[(repository, tag)] = digest_of(data)


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Content:
    """For a handler that has Answers, Access and Policies."""

    # ---- blobs

    def blobs(self, repository, digest):
        if not self.allowed(repository, "pull"):
            return None
        data = self.server.store.blobs.get((repository, digest))
        if data is None:
            return self.error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        m = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        headers = {"Docker_Content_Digest": digest}
        if m and int(m.group(1)) < len(data):
            start = int(m.group(1))
            return self.answer(206, data[start:], Content_Range="bytes %d-%d/%d"
                               % (start, len(data) - 1, len(data)), **headers)
        return self.answer(200, data, **headers)

    def uploads(self, repository, name):
        store = self.server.store
        if not self.allowed(repository, "push"):
            return None
        if self.command == "POST":
            return self.begin(repository)
        upload = store.uploads.get(name)
        if upload is None:
            self.take_body()
            return self.error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        if self.command == "GET":
            return self.answer(204, Range="0-%d" % max(len(upload) - 1, 0),
                               Location="/v2/%s/blobs/uploads/%s?again=1" % (repository, name))
        if self.command == "DELETE":
            del store.uploads[name]
            return self.answer(204)
        return self.take_part(repository, name, upload)

    def begin(self, repository):
        store = self.server.store
        digest, origin = self.query.get("mount", [""])[0], self.query.get("from", [""])[0]
        self.take_body()
        if (origin, digest) in store.blobs:
            if not self.allowed(origin, "pull"):
                return None
            store.blobs[(repository, digest)] = store.blobs[(origin, digest)]
            return self.answer(201, Location="/v2/%s/blobs/%s" % (repository, digest))
        name = secrets.token_hex(8)
        if self.rule and self.rule.what == "location":
            return self.answer(202, Location=self.rule.value)
        store.uploads[name] = bytearray()
        return self.answer(202, Location="../../blobs/uploads/%s?state=a%%3Db" % name
                           if self.server.options.token else
                           "/v2/%s/blobs/uploads/%s?state=a%%3Db" % (repository, name))

    def take_part(self, repository, name, upload):
        store = self.server.store
        if self.query.get("state") != ["a=b"] and "again" not in self.query:
            self.take_body()
            return self.error(400, "BLOB_UPLOAD_INVALID", "another URL than it was given")
        m = re.fullmatch(r"(\d+)-(\d+)", self.headers.get("Content-Range", ""))
        if m and int(m.group(1)) != len(upload):
            self.take_body()
            return self.answer(416, Range="0-%d" % max(len(upload) - 1, 0))
        if self.rule and self.rule.what == "reset":
            n = int(self.headers.get("Content-Length", "0"))
            upload += self.rfile.read(min(n, int(self.rule.value)))
            if self.server.options.no_resume:
                del store.uploads[name]
            return self.reset()
        most = self.server.options.body_max
        if most and int(self.headers.get("Content-Length", "0")) > most:
            self.close_connection = True
            return self.answer(413, b"<html><h1>413 Request Entity Too Large</h1></html>",
                               Content_Type="text/html")
        upload += self.take_body()
        if self.command == "PATCH":
            return self.answer(202, Range="0-%d" % (len(upload) - 1),
                               Location="/v2/%s/blobs/uploads/%s?state=a%%3Db" % (repository, name))
        digest = self.query.get("digest", [""])[0]
        del store.uploads[name]
        if digest_of(bytes(upload)) != digest:
            return self.error(400, "DIGEST_INVALID", "provided digest did not match")
        store.blobs[(repository, digest)] = bytes(upload)
        return self.answer(201, Docker_Content_Digest=digest,
                           Location="/v2/%s/blobs/%s" % (repository, digest))

    # ---- manifests

    def manifests(self, repository, reference):
        options, store = self.server.options, self.server.store
        action = {"PUT": "push", "DELETE": "delete"}.get(self.command, "pull")
        if not self.allowed(repository, action):
            return None
        if self.command == "PUT":
            return self.put_manifest(repository, reference)
        if self.command == "DELETE":
            return self.delete_manifest(repository, reference)
        if options.policy and (repository, reference) in store.tags:
            return self.error(412, "PROJECTPOLICYVIOLATION", "The image is not signed by cosign.")
        digest = store.tags.get((repository, reference), reference)
        kind, data = store.manifests.get((repository, digest), (None, None))
        if data is None and self.server.policies.of(repository).absent == 403 and \
                not reference.startswith("sha256:"):
            return self.error(403, "DENIED", "you may not read this, if it is there")
        if data is None or kind not in ",".join(self.headers.get_all("Accept", [])):
            return self.error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        why = self.hidden(repository, digest)
        if why:
            return self.error(412, "PROJECTPOLICYVIOLATION", why)
        return self.answer(200, data, Content_Type=kind, Docker_Content_Digest=digest)

    def put_manifest(self, repository, reference):
        store = self.server.store
        data = self.take_body()
        if self.stays(repository, reference):
            return None
        digest = digest_of(data)
        document = json.loads(data)
        if self.server.options.oci_only and "docker" in data.decode():
            return self.error(415, "UNSUPPORTED", "unsupported media type")
        if self.headers["Content-Type"] != document.get("mediaType"):
            return self.error(400, "MANIFEST_INVALID", "wrong Content-Type")
        for d in document.get("layers", []) + [document[k] for k in ("config",) if k in document]:
            if "nondistributable" in d["mediaType"]:
                continue
            if (repository, d["digest"]) not in store.blobs or \
                    (self.server.lost and d["digest"] in self.server.lost):
                self.server.lost.discard(d["digest"])
                return self.error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
        for d in document.get("manifests", []):
            if (repository, d["digest"]) not in store.manifests:
                return self.error(400, "MANIFEST_BLOB_UNKNOWN", "manifest unknown to registry")
        if reference.startswith("sha256:") and reference != digest:
            return self.error(400, "DIGEST_INVALID", "another digest")
        store.manifests[(repository, digest)] = (document["mediaType"], data)
        if not reference.startswith("sha256:"):
            store.tags[(repository, reference)] = digest
        headers = {}
        if self.server.options.referrers and "subject" in document:
            headers["OCI_Subject"] = document["subject"]["digest"]
        return self.answer(201, Docker_Content_Digest=digest,
                           Location="/v2/%s/manifests/%s" % (repository, digest), **headers)

    def delete_manifest(self, repository, reference):
        options, store = self.server.options, self.server.store
        if reference.startswith("sha256:"):
            keys = [k for k, d in store.tags.items() if d == reference and k[0] == repository]
            if any(self.stays(*key) for key in keys):
                return None
            store.manifests.pop((repository, reference), None)
            for key in keys:
                del store.tags[key]
            return self.answer(202)
        if not options.tag_delete:
            return self.error(400, "DIGEST_INVALID", "provided digest did not match")
        if self.stays(repository, reference):
            return None
        store.tags.pop((repository, reference), None)
        return self.answer(202)
    def tags(self, repository, _):
        options = self.server.options
        if not self.allowed(repository, "pull"):
            return None
        if options.endless:
            n = int(self.query.get("last", ["0"])[0]) + 1
            body = json.dumps({"name": repository, "tags": ["t%d" % n]}).encode()
            return self.answer(200, body, Link='</v2/%s/tags/list?n=1&last=%d>; rel="next"'
                               % (repository, n))
        names = sorted(t for r, t in self.server.store.tags if r == repository)
        if not names:
            return self.error(404, "NAME_UNKNOWN", "repository name not known to registry")
        last = self.query.get("last", [""])[0]
        names = [n for n in names if n > last]
        headers = {}
        if options.pages and len(names) > options.pages:
            names = names[:options.pages]
            headers["Link"] = '<%s/v2/%s/tags/list?last=%s&n=%d>; rel="next"' % (
                options.link, repository, names[-1], options.pages)
        return self.answer(200, json.dumps({"name": repository, "tags": names}).encode(), **headers)

    def referrers(self, repository, digest):
        if self.rule and "text/html" in self.rule.value:
            return self.answer(200, b"<html>Not found</html>")
        if not self.server.options.referrers:
            return self.error(404, "NOT_FOUND")
        if not self.allowed(repository, "pull"):
            return None
        found = []
        for (where, name), (kind, data) in self.server.store.manifests.items():
            document = json.loads(data)
            if where == repository and document.get("subject", {}).get("digest") == digest:
                found.append({"mediaType": kind, "digest": name, "size": len(data),
                              "artifactType": document.get("artifactType",
                                                           document["config"]["mediaType"]),
                              "annotations": document.get("annotations", {})})
        headers = {}
        pages, start = self.server.options.pages, int(self.query.get("from", ["0"])[0])
        if pages:
            if start + pages < len(found):
                headers["Link"] = '<%s/v2/%s/referrers/%s?from=%d>; rel="next"' % (
                    self.server.options.link, repository, digest, start + pages)
            found = found[start:start + pages]
        body = json.dumps({"schemaVersion": 2, "manifests": found,
                           "mediaType": "application/vnd.oci.image.index.v1+json"}).encode()
        return self.answer(200, body, Content_Type="application/vnd.oci.image.index.v1+json",
                           **headers)
