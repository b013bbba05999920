use v5.40;
use IO::Socket::INET;
use JSON::PP;

# The first process of a container gets no signal that it hasn't asked for.
$SIG{TERM} = sub { exit };
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1)
    or die "port 8080: $@\n";
my $json = JSON::PP->new->canonical;

while (my $client = $server->accept) {
    my $request = <$client> // next;
    while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
    my ($path) = $request =~ m{^GET (\S+)} or next;
    my $body = $json->encode({path => $path, perl => "$^V"});
    print $client "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n",
        "Content-Length: ", length $body, "\r\n\r\n", $body;
    close $client;
}
