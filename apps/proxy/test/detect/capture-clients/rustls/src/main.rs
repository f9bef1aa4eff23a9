//! Connects with rustls: tls-client PORT NAME ALPN; "-": no ALPN.
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    if arguments[3] != "-" {
        config.alpn_protocols = arguments[3].split(',').map(|name| name.as_bytes().to_vec()).collect();
    }
    let name = arguments[2].clone().try_into().expect("a host name");
    let mut connection = rustls::ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut socket = TcpStream::connect(("127.0.0.1", arguments[1].parse().expect("a port"))).expect("a connection");
    let mut stream = rustls::Stream::new(&mut connection, &mut socket);
    stream.flush().ok();
}
