"use strict";
const http = require("node:http");
const { Iconv } = require("iconv"); // compiled, from node_modules

const toLatin1 = new Iconv("UTF-8", "ISO-8859-1");
const server = http.createServer((request, response) => {
    const text = toLatin1.convert("Grüße\n");
    response.writeHead(200, { "Content-Type": "text/plain; charset=iso-8859-1" });
    response.end(text);
});

server.listen(8080);
// The first process of a container gets no signal that it hasn't asked for.
process.on("SIGTERM", () => server.close());
