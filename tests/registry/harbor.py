# SPDX-License-Identifier: Apache-2.0
"""What a project's policy does at tests/registry/faulty, as Harbor 2.15 was seen to do it, and Harbor's
API; and what other registries do in place of a 404.

A policy belongs to a project, the first part of a repository's name. It is what its settings say, each
NAME=VALUE; NAME= alone takes one back:

    prevent=SEVERITY    "prevent vulnerable images": 412 for an image at or over it (low, medium, high,
                        critical), one that wasn't scanned, and one whose scan failed
    scan=RESULT         what the scanner finds in each image: unscanned (as at first), error, none,
                        unknown, low, medium, high, critical
    scan=DIGEST:RESULT  in this one, in all projects
    trust=WHOSE         content trust: 412 for what has no signature of cosign, notation, or both
                        (cosign,notation)
    immutable=GLOB,...  tags that match name what they name for good
    rights=RIGHT,...    what the user may do by the API: artifact:read, tag:delete (this one at first)
    absent=403          GET and HEAD of a tag that isn't there: 403, as Artifactory's virtual repositories

Manifests alone are hidden; blobs, lists of tags and of referrers never are. An index whose scan went
well isn't hidden, whatever was found, but the images in it are. Content trust hides records as well,
prevention hides what is scanned. Signatures are never hidden, nor is anything from who may push and
calls itself cosign or notation.
"""

import fnmatch
import json
from urllib.parse import unquote

RESULTS = ("unscanned", "error", "none", "unknown", "low", "medium", "high", "critical")
SIGNERS = ("cosign", "notation")
SIGNATURES = {
    "application/vnd.cncf.notary.signature": "notation",
    "application/vnd.dev.sigstore.bundle.v0.3+json": "cosign",
}
IMAGE_CONFIGS = ("application/vnd.oci.image.config.v1+json",
                 "application/vnd.docker.container.image.v1+json")


class Policy:
    def __init__(self):
        self.prevent = None
        self.scan = "unscanned"
        self.trust = []
        self.immutable = []
        self.rights = ["tag:delete"]
        self.absent = 404

    def set(self, name, value):
        items = value.split(",") if value else []
        if name == "prevent" and value in ("",) + RESULTS[4:]:
            self.prevent = value or None
        elif name == "scan" and value in ("",) + RESULTS:
            self.scan = value or "unscanned"
        elif name == "trust" and set(items) <= set(SIGNERS):
            self.trust = items
        elif name == "absent" and value in ("", "403"):
            self.absent = int(value or 404)
        elif name in ("immutable", "rights"):
            setattr(self, name, items)
        else:
            raise ValueError("no such setting: %s=%s" % (name, value))


class PolicyTable:
    """The policies of a registry, a project each, and what its scanner found."""

    def __init__(self):
        self.projects = {}
        self.found = {}  # digest: result

    def of(self, repository):
        return self.projects.setdefault(repository.split("/")[0], Policy())

    def set(self, project, setting):
        name, _, value = setting.partition("=")
        if name == "scan" and value.startswith("sha256:"):
            digest, _, result = value.rpartition(":")
            if result not in RESULTS:
                raise ValueError("no result of a scan: " + result)
            self.found[digest] = result
        else:
            self.of(project).set(name, value)

    def result(self, repository, digest):
        return self.found.get(digest, self.of(repository).scan)


class Policies:
    """For a handler that has Access and Content."""

    def hidden(self, repository, digest):
        """Why a manifest that is there can't be read, or None."""
        policy = self.server.policies.of(repository)
        if not policy.prevent and not policy.trust:
            return None
        if self.signs(repository, digest) or self.excused(repository):
            return None
        signers = self.signers(repository, digest)
        for name in policy.trust:
            if name not in signers:
                return "The image is not signed by %s." % name
        return self.vulnerable(repository, digest) if policy.prevent else None

    def vulnerable(self, repository, digest):
        _, data = self.server.store.manifests[(repository, digest)]
        document = json.loads(data)
        policy = self.server.policies.of(repository)
        result = self.server.policies.result(repository, digest)
        is_index = "manifests" in document
        if not is_index and document["config"]["mediaType"] not in IMAGE_CONFIGS:
            return None
        if result == "unscanned":
            what = "current image without vulnerability scanning"
        elif result == "error":
            what = 'current image with "Error" status of vulnerability scanning'
        elif is_index or RESULTS.index(result) < RESULTS.index(policy.prevent):
            return None
        else:
            what = "current image with 2 vulnerabilities"
        return "%s cannot be pulled due to configured policy in 'Prevent images with vulnerability " \
            'severity of "%s" or higher from running.\'' % (what, policy.prevent.capitalize())

    def signs(self, repository, digest):
        """By whom a manifest is a signature itself, or None."""
        store = self.server.store
        for (where, tag), named in list(store.tags.items()):
            if (where, named) == (repository, digest) and tag.endswith(".sig"):
                return "cosign"
        _, data = store.manifests[(repository, digest)]
        document = json.loads(data)
        return "subject" in document and SIGNATURES.get(
            document.get("artifactType", document.get("config", {}).get("mediaType")))

    def signers(self, repository, digest):
        """Whose signatures a manifest has: they are there, nobody verifies them."""
        store = self.server.store
        found = set()
        if (repository, "%s.sig" % digest.replace(":", "-")) in store.tags:
            found.add("cosign")
        for (where, name), (_, data) in list(store.manifests.items()):
            if where == repository and json.loads(data).get("subject", {}).get("digest") == digest:
                found.add(self.signs(repository, name))
        return found

    def excused(self, repository):
        agent = self.headers.get("User-Agent", "")
        return any(name in agent for name in SIGNERS) and self.has_right(repository, "push")

    def stays(self, repository, tag):
        """Whether a tag may be neither moved nor deleted; answers, if so."""
        globs = self.server.policies.of(repository).immutable
        if (repository, tag) not in self.server.store.tags or \
                not any(fnmatch.fnmatchcase(tag, glob) for glob in globs):
            return False
        self.error(412, "PRECONDITION", "Failed to process request due to '%s:%s' configured as "
                   "immutable." % (repository.partition("/")[2], tag))
        return True


class HarborApi:
    """For a handler that has Access, Content and Policies. A repository's slashes come encoded, twice or
    once."""

    def api(self, project, repository, artifact, tag):
        repository = "%s/%s" % (project, unquote(unquote(repository)))
        self.take_body()
        if self.command == "GET" and tag is None:
            return self.api_artifact(repository, unquote(artifact))
        if self.command == "DELETE" and tag is not None:
            return self.api_delete(repository, unquote(artifact), unquote(tag))
        return self.error(405, "METHOD_NOT_ALLOWED", "not here")

    def api_allowed(self, repository, right):
        if self.server.options.user and not self.login():
            self.error(401, "UNAUTHORIZED", "unauthorized")
            return False
        if right not in self.server.policies.of(repository).rights:
            self.error(403, "FORBIDDEN", "forbidden")
            return False
        return True

    def api_artifact(self, repository, reference):
        store = self.server.store
        if not self.api_allowed(repository, "artifact:read"):
            return None
        digest = store.tags.get((repository, reference), reference)
        kind, data = store.manifests.get((repository, digest), (None, None))
        if data is None:
            return self.error(404, "NOT_FOUND", "artifact %s:%s not found" % (repository, reference))
        document = json.loads(data)
        config = document.get("config", {}).get("mediaType", IMAGE_CONFIGS[0])
        names = [t for (r, t), d in store.tags.items() if (r, d) == (repository, digest)]
        answer = {"digest": digest, "id": 1, "manifest_media_type": kind, "media_type": config,
                  "artifact_type": document.get("artifactType", config), "size": len(data),
                  "tags": [{"id": 1, "name": name} for name in names] or None,
                  "type": "IMAGE" if config in IMAGE_CONFIGS else "UNKNOWN"}
        return self.answer(200, json.dumps(answer).encode(),
                           Content_Type="application/json; charset=utf-8")

    def api_delete(self, repository, artifact, tag):
        if not self.api_allowed(repository, "tag:delete") or self.stays(repository, tag):
            return None
        if artifact != tag or self.server.store.tags.pop((repository, tag), None) is None:
            return self.error(404, "NOT_FOUND", "no such tag")
        return self.answer(200)
