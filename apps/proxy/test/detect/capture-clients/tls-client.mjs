// Connects with Node's TLS, of any Node version: node tls-client.mjs PORT NAME MAX_VERSION ALPN; "-" leaves one out.
import { connect } from 'node:tls';

const [port, name, maxVersion, alpn] = process.argv.slice(2);
connect({
  port: Number(port),
  host: '127.0.0.1',
  rejectUnauthorized: false,
  ...(name === '-' ? {} : { servername: name }),
  ...(maxVersion === '-' ? {} : { maxVersion }),
  ...(alpn === '-' ? {} : { ALPNProtocols: alpn.split(',') }),
});
