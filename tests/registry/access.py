# SPDX-License-Identifier: Apache-2.0
"""Who may do what at tests/registry/faulty: its token server, and the rights a request has."""

import base64
import json
import secrets
import time
from urllib.parse import parse_qs


class AllScopes:
    def __contains__(self, _):
        return True


class Access:
    """For a handler that has Answers."""

    def login(self):
        """None: nobody; False: wrong."""
        header = self.headers.get("Authorization", "")
        if not header.startswith("Basic "):
            return None
        return base64.b64decode(header[6:]).decode() == self.server.options.user

    def token(self):
        options = self.server.options
        query = self.query
        user = self.login()
        if self.command == "POST":
            query = parse_qs(self.take_body().decode())
            if not options.identity:
                return self.answer(405)
            user = query.get("refresh_token") == [options.identity] and \
                query.get("grant_type") == ["refresh_token"]
        if query.get("service") != ["test-service"] and query.get("service") != ["harbor-registry"]:
            return self.error(400, "DENIED", "no service")
        if user is False and options.token != "harbor":
            return self.error(401, "UNAUTHORIZED", "incorrect username or password")
        scopes = " ".join(query.get("scope", [])).split(" ")
        granted = set()
        for scope in scopes:
            for action in scope.rpartition(":")[2].split(","):
                if (user and action in options.rights.split(",")) or \
                        (action == "pull" and not options.private):
                    granted.add((scope.rpartition(":")[0], action))
        token = secrets.token_hex(8)
        if options.jwt:
            token = self.jwt(granted, token)
        self.server.store.tokens[token] = (granted, time.time() + options.expires, user)
        answer = {"token": token, "access_token": "", "expires_in": options.expires}
        if options.token != "harbor":
            answer = {"access_token": token, "expires_in": options.expires}
        return self.answer(200, json.dumps(answer).encode(), Content_Type="application/json")

    def jwt(self, granted, signature):
        """A token that says what it grants, as those of Harbor and distribution do."""
        access = [{"type": "repository", "name": scope.partition(":")[2],
                   "actions": sorted(a for s, a in granted if s == scope)}
                  for scope in sorted({s for s, _ in granted})]
        parts = [json.dumps(part).encode() for part in ({"alg": "none"}, {"access": access})]
        return ".".join([base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts] + [signature])

    def bearer(self):
        """Whether a token came that lasts, what it grants, and whether it is the user's."""
        header = self.headers.get("Authorization", "")
        if self.server.options.bearer and header == "Bearer " + self.server.options.bearer:
            return True, AllScopes(), True
        granted, end, user = self.server.store.tokens.get(header[7:], (set(), 0, None))
        return header.startswith("Bearer ") and end > time.time(), granted, user

    def has_right(self, repository, action):
        """What `allowed` says, without an answer."""
        options = self.server.options
        if options.token:
            fine, granted, _ = self.bearer()
            return fine and ("repository:%s" % repository, action) in granted
        return not options.user or self.login() or (action == "pull" and not options.private)

    def allowed(self, repository, action):
        options = self.server.options
        if not options.token and not options.user:
            return True
        if options.token:
            fine, granted, user = self.bearer()
            scope = "repository:%s" % repository if repository else ""
            if fine and (not repository and user or (scope, action) in granted):
                return not self.missing_project(repository)
            self.take_body()
            if options.token == "harbor" and fine and self.missing_project(repository):
                return False
            realm = options.realm or "http://%s/token" % self.headers["Host"]
            service = "harbor-registry" if options.token == "harbor" else "test-service"
            what = ',scope="%s:%s"' % (scope, action) if repository else ""
            message = "unauthorized to access repository: %s, action: %s" % (repository, action)
            status = 403 if fine and options.token != "harbor" else 401
            self.error(status, "DENIED" if status == 403 else "UNAUTHORIZED", message,
                       Www_Authenticate='Bearer realm="%s",service="%s"%s' % (realm, service, what))
            return False
        if options.open_door and not repository and self.login() is None:
            return True
        if self.has_right(repository, action):
            return True
        self.take_body()
        self.error(401, "UNAUTHORIZED", "authentication required",
                   Www_Authenticate='Basic realm="test"')
        return False

    def missing_project(self, repository):
        if self.server.options.token != "harbor" or not repository:
            return False
        project = repository.split("/")[0]
        if project in ("base", "other"):
            return False
        self.error(401, "UNAUTHORIZED", "project %s not found: project %s not found"
                   % (project, project), Www_Authenticate="")
        return True
