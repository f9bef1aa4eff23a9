// The JDK's java.net.http client, which asks for an upgrade to HTTP/2: java HttpClientGet.java URL
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

public class HttpClientGet {
  public static void main(String[] args) throws Exception {
    HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(args[0])).build(), BodyHandlers.discarding());
  }
}
