import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Executors;

/** Answers on port 8080 with what another service of the company says, asked by HTTPS. */
public class Front {
    public static void main(String[] args) throws Exception {
        var behind = HttpRequest.newBuilder(URI.create(System.getenv("BEHIND"))).build();
        var client = HttpClient.newHttpClient();
        var server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            byte[] body;
            int status = 200;
            try {
                body = client.send(behind, BodyHandlers.ofByteArray()).body();
            } catch (Exception e) {
                status = 502;
                body = (e.getMessage() + "\n").getBytes();
                System.err.println(e);
            }
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        System.out.println("ready");
    }
}
