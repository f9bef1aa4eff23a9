// Connects with the JDK's own TLS: java TlsClient.java PORT NAME PROTOCOLS ALPN [CONNECTIONS]; "-" leaves one out.
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

public class TlsClient {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
    SSLSocket socket = (SSLSocket) SSLContext.getDefault().getSocketFactory().createSocket(plain, "127.0.0.1", port, true);
    SSLParameters parameters = socket.getSSLParameters();
    if (!args[1].equals("-")) parameters.setServerNames(List.of(new SNIHostName(args[1])));
    if (!args[2].equals("-")) parameters.setProtocols(args[2].split(","));
    if (!args[3].equals("-")) parameters.setApplicationProtocols(args[3].split(","));
    socket.setSSLParameters(parameters);
    socket.startHandshake();
  }
}
