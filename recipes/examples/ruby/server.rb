# frozen_string_literal: true

require "json"
require "msgpack" # a gem with an extension, from GEM_HOME
require "socket"

# The first process of a container gets no signal that it hasn't asked for.
trap("TERM") { exit }
server = TCPServer.new(8080)
loop do
  client = server.accept
  path = client.gets.to_s.split[1]
  nil until client.gets.to_s.strip.empty?
  body = MessagePack.pack({ "path" => path, "ruby" => RUBY_VERSION })
  client.write("HTTP/1.1 200 OK\r\nContent-Type: application/msgpack\r\nConnection: close\r\n" \
               "Content-Length: #{body.bytesize}\r\n\r\n", body)
  client.close
end
