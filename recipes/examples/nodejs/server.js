"use strict";
const http = require("node:http");
const { Iconv } = require("iconv"); // compiled, from node_modules

const toUtf16 = new Iconv("UTF-8", "UTF-16LE");
const server = http.createServer((request, response) => {
    const text = toUtf16.convert("Grüße\n");
    response.writeHead(200, { "Content-Type": "text/plain; charset=utf-16le" });
    response.end(text);
});

server.listen(8080);
// The first process of a container gets no signal that it hasn't asked for.
process.on("SIGTERM", () => server.close());
