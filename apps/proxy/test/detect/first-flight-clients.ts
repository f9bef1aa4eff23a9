/**
 * The real clients of the corpus: how each is run against the recorder, and what its first flight must be decided as. What is
 * expected follows from the command line, never from the parser under test.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';
import { join } from 'node:path';

export interface Expected {
  readonly protocol: Protocol;
  readonly sni: string | null;
  readonly alpn: readonly string[];
}

export interface FirstFlightClient {
  /** File name in the corpus, without `.bin`. */
  readonly name: string;
  /** The program's version, printed by this command (first line). */
  readonly version: readonly string[];
  /** Run in order, each to its end but the last. PORT and DIR stand for the recorder's port and a scratch folder. */
  readonly steps: readonly (readonly string[])[];
  /** Connections to a TLS server that answers; the flight of this one is recorded (1: the first). */
  readonly answered?: { readonly connection: number };
  readonly expected: Expected;
}

type Command = readonly string[];

const sources = join(import.meta.dirname, 'capture-clients');
const name = 'www.example.com';
const both: readonly string[] = ['h2', 'http/1.1'];

const tls = (sni: string | null, alpn: readonly string[] = []): Expected => ({ protocol: 'TLS', sni, alpn });
const plain = (protocol: Protocol): Expected => ({ protocol, sni: null, alpn: [] });

const authorities = '/etc/ssl/certs/ca-certificates.crt';
const longNames = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map((letter) => letter.repeat(200));
const opensslVersion: Command = ['openssl', 'version'];
const sClient: Command = ['openssl', 's_client', '-connect', '127.0.0.1:PORT'];
const openssl = (suffix: string, options: string, expected = tls(name)): FirstFlightClient => ({
  name: `openssl-${suffix}`,
  version: opensslVersion,
  steps: [[...sClient, ...(options.includes('servername') ? [] : ['-servername', name]), ...words(options)]],
  expected,
});

/** A first connection stores its session, the second resumes it and is recorded. */
const opensslResumed = (suffix: string, first: string, second: string): FirstFlightClient => ({
  name: `openssl-${suffix}`,
  version: opensslVersion,
  steps: [
    ['sh', '-c', `sleep 2 | ${sClient.join(' ')} -servername ${name} -sess_out DIR/${suffix}.pem ${first}`],
    [...sClient, '-servername', name, '-sess_in', `DIR/${suffix}.pem`, ...words(second)],
  ],
  answered: { connection: 2 },
  expected: tls(name),
});

const opensslClients: readonly FirstFlightClient[] = [
  openssl('default', ''),
  openssl('tls13', '-tls1_3'),
  openssl('tls12', '-tls1_2'),
  openssl('tls11', '-tls1_1 -cipher DEFAULT@SECLEVEL=0'),
  openssl('tls10', '-tls1 -cipher DEFAULT@SECLEVEL=0'),
  openssl('no-ticket', '-no_ticket'),
  openssl('alpn', '-alpn h2,http/1.1', tls(name, both)),
  openssl('alpn-acme', '-alpn acme-tls/1', tls(name, ['acme-tls/1'])),
  openssl('no-name', '-noservername', tls(null)),
  openssl('upper-case-name', '-servername WWW.Example.COM'),
  openssl('trailing-dot', '-servername www.example.com.'),
  openssl('address-name', '-servername 192.0.2.1', tls(null)),
  openssl('ipv6-name', '-servername 2001:db8::1', tls(null)),
  openssl('not-a-host-name', '-servername bad_name!.example.com', tls(null)),
  openssl('underscore-name', '-servername _dmarc.example.com', tls('_dmarc.example.com')),
  openssl('one-cipher-p521', '-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384 -groups P-521'),
  openssl('status-srtp', '-status -use_srtp SRTP_AES128_CM_SHA1_80'),
  openssl('external-psk', '-tls1_3 -psk 1a2b3c4d -psk_identity client'),
  openssl('max-fragment-length', '-maxfraglen 512'),
  openssl('records-of-512', `-max_send_frag 512 -requestCAfile ${authorities}`),
  openssl('authorities-15-kb', `-requestCAfile ${authorities}`),
  openssl('two-full-records', `-requestCAfile ${authorities} -alpn ${longNames.join(',')}`, tls(name, longNames)),
  opensslResumed('resumed-tls13', '-tls1_3', '-tls1_3'),
  opensslResumed('resumed-tls12', '-tls1_2', '-tls1_2'),
  opensslResumed('early-data', '-tls1_3', '-tls1_3 -early_data DIR/early-data.txt'),
];

const gnutls = (suffix: string, options: Command, expected = tls(name)): FirstFlightClient => ({
  name: `gnutls-${suffix}`,
  version: ['gnutls-cli', '--version'],
  steps: [['gnutls-cli', '--insecure', '--port', 'PORT', ...options, '127.0.0.1']],
  expected,
});

const gnutlsClients: readonly FirstFlightClient[] = [
  gnutls('default', ['--sni-hostname', name]),
  gnutls('tls12', ['--sni-hostname', name, '--priority', 'NORMAL:-VERS-TLS1.3']),
  gnutls('secure256', ['--sni-hostname', name, '--priority', 'SECURE256']),
  gnutls('tls10', ['--sni-hostname', name, '--priority', 'LEGACY:-VERS-ALL:+VERS-TLS1.0:%COMPAT']),
  gnutls('alpn', ['--sni-hostname', name, '--alpn', 'h2', '--alpn', 'http/1.1'], tls(name, both)),
  gnutls('no-name', ['--disable-sni'], tls(null)),
  { ...gnutls('resumed', ['--sni-hostname', name, '--resume']), answered: { connection: 2 } },
];

const curl = (suffix: string, expected: Expected, ...options: Command): FirstFlightClient => ({
  name: `curl-${suffix}`,
  version: ['curl', '--version'],
  steps: [['curl', '-sk', '--resolve', `${name}:PORT:127.0.0.1`, ...options]],
  expected,
});

const httpUrl = `http://${name}:PORT/`;
const httpsUrl = `https://${name}:PORT/`;

const curlClients: readonly FirstFlightClient[] = [
  curl('https', tls(name, both), httpsUrl),
  curl('https-http11', tls(name, ['http/1.1']), '--http1.1', httpsUrl),
  curl('https-tls12', tls(name, both), '--tls-max', '1.2', httpsUrl),
  curl('https-no-alpn', tls(name), '--no-alpn', httpsUrl),
  curl('https-address', tls(null, both), 'https://127.0.0.1:PORT/'),
  curl('get', plain('HTTP'), httpUrl),
  curl('get-http10', plain('HTTP'), '--http1.0', httpUrl),
  curl('get-long-target', plain('HTTP'), `${httpUrl}?${'q=0123456789&'.repeat(500)}`),
  curl('head', plain('HTTP'), '-I', httpUrl),
  curl('post', plain('HTTP'), '-d', 'a=1&b=2', `${httpUrl}form`),
  curl('put', plain('HTTP'), '-T', join(sources, 'tls-client.go'), `${httpUrl}upload`),
  curl('delete', plain('HTTP'), '-X', 'DELETE', `${httpUrl}item/1`),
  curl('options-star', plain('HTTP'), '-X', 'OPTIONS', '--request-target', '*', httpUrl),
  curl('own-method', plain('HTTP'), '-X', 'M-SEARCH', httpUrl),
  curl('upgrade-websocket', plain('HTTP'), '-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket', `${httpUrl}chat`),
  curl('upgrade-http2', plain('HTTP'), '--http2', httpUrl),
  curl('absolute-form', plain('HTTP'), '-x', 'http://127.0.0.1:PORT', 'http://origin.example.net/path'),
  curl('connect', plain('HTTP'), '-x', 'http://127.0.0.1:PORT', 'https://origin.example.net/'),
  curl('connect-basic', plain('HTTP'), '-p', '-x', 'http://alice:secret@127.0.0.1:PORT', 'http://[2001:db8::1]:8080/'),
  curl('http2-prior-knowledge', plain('HTTP2'), '--http2-prior-knowledge', httpUrl),
  curl('socks4', plain('SOCKS4'), '--socks4', 'bob@127.0.0.1:PORT', 'http://192.0.2.1/'),
  curl('socks4a', plain('SOCKS4'), '--socks4a', '127.0.0.1:PORT', 'http://origin.example.net/'),
  curl('socks5', plain('SOCKS5'), '--socks5', '127.0.0.1:PORT', 'http://192.0.2.1/'),
  curl('socks5-hostname', plain('SOCKS5'), '--socks5-hostname', '127.0.0.1:PORT', 'http://origin.example.net/'),
  curl('socks5-password', plain('SOCKS5'), '-x', 'socks5h://alice:secret@127.0.0.1:PORT', 'http://origin.example.net/'),
  curl('haproxy-protocol', plain('Unknown'), '--haproxy-protocol', httpUrl),
  curl('rtsp', plain('Unknown'), `rtsp://${name}:PORT/stream`),
  curl('dict', plain('Unknown'), `dict://${name}:PORT/d:word`),
  curl('gopher', plain('Unknown'), `gopher://${name}:PORT/1/`),
  curl('mqtt', plain('Unknown'), `mqtt://${name}:PORT/topic`),
  curl('ldap', plain('Unknown'), `ldap://127.0.0.1:PORT/dc=example`),
];

const node = (suffix: string, program: string, expected: Expected, ...options: Command): FirstFlightClient => ({
  name: suffix,
  version: [program, '--version'],
  steps: [[program, join(sources, 'tls-client.mjs'), 'PORT', ...options]],
  expected,
});

/** The system's Node (OpenSSL 3.0 here) and this one (OpenSSL 3.5: X25519MLKEM768). */
const nodeClients: readonly FirstFlightClient[] = [
  node('node-system-default', '/usr/bin/node', tls(name), name, '-', '-'),
  node('node-system-alpn', '/usr/bin/node', tls(name, both), name, '-', 'h2,http/1.1'),
  node('node-default', process.execPath, tls(name), name, '-', '-'),
  node('node-alpn', process.execPath, tls(name, both), name, '-', 'h2,http/1.1'),
  node('node-tls12', process.execPath, tls(name), name, 'TLSv1.2', '-'),
  node('node-no-name', process.execPath, tls(null, ['mqtt']), '-', '-', 'mqtt'),
  {
    ...node('node-fetch-http', process.execPath, plain('HTTP')),
    steps: [[process.execPath, '-e', 'void fetch("http://127.0.0.1:PORT/path?q=1").catch(() => {})']],
  },
  {
    ...node('node-http2-prior-knowledge', process.execPath, plain('HTTP2')),
    steps: [
      [
        process.execPath,
        '-e',
        'require("node:http2").connect("http://127.0.0.1:PORT").request({}).on("error", () => {})',
      ],
    ],
  },
];

const go = (form: string, expected: Expected): FirstFlightClient => ({
  name: `go-${form}`,
  version: ['go', 'version'],
  steps: [['go', 'run', join(sources, 'tls-client.go'), 'PORT', name, form]],
  expected,
});

const python = (suffix: string, expected: Expected, ...options: Command): FirstFlightClient => ({
  name: `python-${suffix}`,
  version: ['python3', '-c', 'import ssl, sys; print("Python", sys.version.split()[0], ssl.OPENSSL_VERSION)'],
  steps: [['python3', join(sources, 'tls-client.py'), 'PORT', ...options]],
  expected,
});

const java = (suffix: string, expected: Expected, ...options: Command): FirstFlightClient => ({
  name: `java-${suffix}`,
  version: ['java', '--version'],
  steps: [['java', join(sources, 'TlsClient.java'), 'PORT', ...options]],
  expected,
});

const impersonated = (browser: string): FirstFlightClient => ({
  name: `curl-cffi-${browser}`,
  version: ['python3', '-c', 'import curl_cffi; print("curl_cffi", curl_cffi.__version__)'],
  steps: [['python3', join(sources, 'impersonate.py'), 'PORT', name, browser]],
  expected: tls(name, both),
});

const libraryClients: readonly FirstFlightClient[] = [
  go('default', tls(name)),
  go('classic', tls(name)),
  go('tls12', tls(name)),
  go('alpn', tls(name, both)),
  go('ech', tls('outer.example.net')),
  { ...go('resumed', tls(name)), answered: { connection: 2 } },
  python('default', tls(name), name, 'default'),
  python('tls12', tls(name), name, 'tls12'),
  python('alpn', tls(name, both), name, 'alpn'),
  python('no-name', tls(null), '-', 'default'),
  java('default', tls(name), name, '-', '-'),
  java('tls12', tls(name), name, 'TLSv1.2', '-'),
  java('alpn', tls(name, both), name, '-', 'h2,http/1.1'),
  java('no-name', tls(null), '-', '-', '-'),
  {
    ...java('http-client', plain('HTTP')),
    steps: [['java', join(sources, 'HttpClientGet.java'), 'http://127.0.0.1:PORT/path']],
  },
  {
    name: 'rustls-alpn',
    version: ['cargo', '--version'],
    steps: [
      [
        'cargo',
        'run',
        '-q',
        '--release',
        '--target-dir',
        'DIR/rustls',
        '--manifest-path',
        join(sources, 'rustls/Cargo.toml'),
        '--',
        'PORT',
        name,
        'h2,http/1.1',
      ],
    ],
    expected: tls(name, both),
  },
  impersonated('firefox'),
  impersonated('safari'),
  impersonated('chrome'),
];

const chromiumCommand: Command = [
  ...[
    'chromium',
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--no-first-run',
  ],
  ...['--user-data-dir=DIR/chromium', '--host-resolver-rules=MAP * 127.0.0.1:PORT'],
];
const chromium = (suffix: string, expected: Expected, ...options: Command): FirstFlightClient => ({
  name: `chromium-${suffix}`,
  version: ['chromium', '--version'],
  steps: [[...chromiumCommand, ...options]],
  expected,
});

const programClients: readonly FirstFlightClient[] = [
  chromium('https', tls(name, both), `https://${name}/`),
  chromium('https-second-name', tls('shop.example.org', both), 'https://shop.example.org/cart'),
  chromium('https-tls12', tls(name, both), '--ssl-version-max=tls1.2', `https://${name}/`),
  chromium('http', plain('HTTP'), `http://${name}/`),
  chromium('socks5', plain('SOCKS5'), '--proxy-server=socks5://127.0.0.1:PORT', `http://${name}/`),
  chromium('connect', plain('HTTP'), '--proxy-server=http://127.0.0.1:PORT', `https://${name}/`),
  {
    name: 'wget-https',
    version: ['wget', '--version'],
    steps: [['wget', '-q', '--no-check-certificate', '-O', '/dev/null', 'https://localhost:PORT/']],
    expected: tls('localhost'),
  },
  {
    name: 'wget-http',
    version: ['wget', '--version'],
    steps: [['wget', '-q', '-O', '/dev/null', 'http://localhost:PORT/file']],
    expected: plain('HTTP'),
  },
  {
    name: 'openssh',
    version: ['sh', '-c', 'ssh -V 2>&1'],
    steps: [['ssh', '-F', 'none', '-o', 'BatchMode=yes', '-p', 'PORT', '127.0.0.1']],
    expected: plain('SSH'),
  },
  {
    name: 'nghttp-prior-knowledge',
    version: ['nghttp', '--version'],
    steps: [['nghttp', 'http://127.0.0.1:PORT/']],
    expected: plain('HTTP2'),
  },
  {
    name: 'nghttp-https',
    version: ['nghttp', '--version'],
    steps: [['nghttp', '-H', `:authority: ${name}`, 'https://localhost:PORT/']],
    expected: tls(name, ['h2', 'h2-16', 'h2-14']),
  },
  {
    name: 'ncat-ssl',
    version: ['sh', '-c', 'ncat --version 2>&1'],
    steps: [['ncat', '--ssl', '--ssl-servername', name, '127.0.0.1', 'PORT']],
    expected: tls(name),
  },
  {
    name: 'ncat-socks4',
    version: ['sh', '-c', 'ncat --version 2>&1'],
    steps: [['ncat', '--proxy', '127.0.0.1:PORT', '--proxy-type', 'socks4', '192.0.2.1', '80']],
    expected: plain('SOCKS4'),
  },
  {
    name: 'ncat-connect',
    version: ['sh', '-c', 'ncat --version 2>&1'],
    steps: [['ncat', '--proxy', '127.0.0.1:PORT', '--proxy-type', 'http', '192.0.2.1', '80']],
    expected: plain('HTTP'),
  },
  {
    name: 'psql-ssl-request',
    version: ['psql', '--version'],
    steps: [['psql', 'host=127.0.0.1 port=PORT sslmode=require connect_timeout=3']],
    expected: plain('Unknown'),
  },
];

export const firstFlightClients: readonly FirstFlightClient[] = [
  ...opensslClients,
  ...gnutlsClients,
  ...curlClients,
  ...nodeClients,
  ...libraryClients,
  ...programClients,
];

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '');
}
