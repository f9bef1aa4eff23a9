/**
 * The commands that try every branch of quickstart.yaml, as text for a shell: comments say what each shows and what it
 * answers, so that the whole can be pasted. Pure.
 */
import type { QuickstartPorts } from './quickstart-ports.ts';

export interface QuickstartFacts {
  /** The real ones. */
  readonly ports: QuickstartPorts;
  readonly certPath: string;
  readonly proxyPid: number;
  /** Holds the key that the state service takes orders from. */
  readonly adminKeyFile: string;
  readonly dataDirectory: string;
}

interface Trial {
  readonly shows: string;
  readonly command: string;
  readonly answers: string;
}

const user = 'demo:quickstart';

function tlsTrials({ ports, certPath }: QuickstartFacts): readonly Trial[] {
  const get = (name: string, options = ''): string =>
    `curl -sS ${options}--cacert ${certPath} --resolve ${name}:${ports.EDGE}:127.0.0.1 https://${name}:${ports.EDGE}/hello`;
  return [
    {
      shows: 'TLS by server name; the certificate is that of the origin, the proxy only reads the hello',
      command: get('www.example.test'),
      answers: 'origin web: GET /hello HTTP/2.0',
    },
    {
      shows: 'TLS by a wildcard of names',
      command: `openssl s_client -connect 127.0.0.1:${ports.EDGE} -servername eu.shop.example.test -CAfile ${certPath} </dev/null 2>/dev/null | grep 'Verify return code'`,
      answers: 'Verify return code: 0 (ok)',
    },
    {
      shows: 'TLS by ALPN: no route has the name, the client offers h2',
      command: get('api.example.test', '--http2 '),
      answers: 'origin api: GET /hello HTTP/2.0',
    },
    {
      shows: 'Ban: neither the name nor the ALPN has a route; closed without a byte',
      command: get('nobody.example.test', '--http1.1 '),
      answers: 'curl: (35) a TLS error',
    },
  ];
}

function otherProtocolTrials({ ports }: QuickstartFacts): readonly Trial[] {
  return [
    {
      shows: 'SSH on the same port',
      command: `printf 'SSH-2.0-quickstart\\r\\n' | nc -N 127.0.0.1 ${ports.EDGE}`,
      answers: 'SSH-2.0-origin_shell',
    },
    {
      shows: 'HTTP on the same port',
      command: `curl -sS http://127.0.0.1:${ports.EDGE}/hello`,
      answers: 'origin site: GET /hello',
    },
    {
      shows: 'Echo: what fits no protocol comes back',
      command: `printf 'what is this?\\n' | nc -N 127.0.0.1 ${ports.EDGE}`,
      answers: 'what is this?',
    },
    {
      shows: 'Health: any method and path',
      command: `curl -sS -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:${ports.PROBE}/any/path`,
      answers: '200',
    },
  ];
}

function forwardTrials({ ports }: QuickstartFacts): readonly Trial[] {
  const socks = (login: string): string =>
    `curl -sS --proxy socks5h://${login}@127.0.0.1:${ports.EDGE} http://127.0.0.1:${ports.SITE}/by-socks`;
  const connect = (login: string, port: number, output: string): string =>
    `curl -sS ${output}--proxytunnel --proxy http://${login}127.0.0.1:${ports.FORWARD} http://127.0.0.1:${port}/by-connect`;
  const onlyStatus = `-o /dev/null -w '%{http_connect}\\n' `;
  return [
    {
      shows: 'SOCKS5 with user and password, on the same port as all the rest',
      command: socks(user),
      answers: 'origin site: GET /by-socks',
    },
    { shows: 'SOCKS5 with a wrong password', command: socks('demo:wrong'), answers: 'curl: (97) a rejection' },
    {
      shows: 'HTTP CONNECT with user and password',
      command: connect(`${user}@`, ports.SITE, ''),
      answers: 'origin site: GET /by-connect',
    },
    { shows: 'HTTP CONNECT without credentials', command: connect('', ports.SITE, onlyStatus), answers: '407' },
    {
      shows: 'HTTP CONNECT to where no rule of the user leads',
      command: connect(`${user}@`, ports.ADMIN, onlyStatus),
      answers: '403',
    },
    {
      shows: 'Unknown bytes where no route takes them: closed, reason NoRoute',
      command: `printf 'what is this?\\n' | nc -N 127.0.0.1 ${ports.FORWARD}`,
      answers: 'nothing',
    },
    {
      shows: 'Silence: closed when detect.timeout (1s) is over, reason DetectTimeout',
      command: `nc 127.0.0.1 ${ports.FORWARD} </dev/null`,
      answers: 'nothing',
    },
  ];
}

/** In this order: each builds on the one before, and the last leaves things as they were. */
function userTrials({ ports, adminKeyFile }: QuickstartFacts): readonly Trial[] {
  const access = `--state http://127.0.0.1:${ports.STATE} --key-file ${adminKeyFile}`;
  const login = 'alice:wonderland';
  const socks = `curl -sS --proxy socks5h://${login}@127.0.0.1:${ports.EDGE} http://127.0.0.1:${ports.SITE}/by-alice`;
  const connect = `curl -sS --proxytunnel --proxy http://${login}@127.0.0.1:${ports.FORWARD} http://127.0.0.1:${ports.SITE}/by-alice`;
  return [
    {
      shows: 'Create a user in the state service; typed by hand, the password is asked for and not shown',
      command: `echo wonderland | npx sluice user add alice --destinations Rules ${access}`,
      answers: 'created user alice',
    },
    {
      shows: 'Allow it a destination',
      command: `npx sluice acl add --user alice --cidr 127.0.0.1/32 --port ${ports.SITE} ${access}`,
      answers: 'added rule, and its id',
    },
    { shows: 'Use it through SOCKS5', command: socks, answers: 'origin site: GET /by-alice' },
    { shows: 'Use it through HTTP CONNECT', command: connect, answers: 'origin site: GET /by-alice' },
    { shows: 'Revoke it', command: `npx sluice user disable alice ${access}`, answers: 'disabled user alice' },
    { shows: 'It is refused by SOCKS5', command: socks, answers: 'curl: (97) a rejection' },
    {
      shows: 'and by HTTP CONNECT',
      command: connect.replace('-sS', `-sS -o /dev/null -w '%{http_connect}\\n'`),
      answers: '407',
    },
    { shows: 'Delete it', command: `npx sluice user rm alice ${access}`, answers: 'deleted user alice' },
    {
      shows: 'What the proxy has of the live configuration, and how old it is',
      command: `npx sluice status --admin http://127.0.0.1:${ports.ADMIN}`,
      answers: 'the range of users, Live',
    },
  ];
}

function operatorTrials({ ports, proxyPid }: QuickstartFacts): readonly Trial[] {
  return [
    { shows: 'Readiness', command: `curl -sS http://127.0.0.1:${ports.ADMIN}/readyz`, answers: '{"ready":true}' },
    {
      shows: 'Metrics',
      command: `curl -sS http://127.0.0.1:${ports.ADMIN}/metrics | grep '^sluice_connections_accepted_total'`,
      answers: 'a counter for each listener',
    },
    {
      shows: 'The configuration with every default spelled out',
      command: 'apps/proxy/bin/sluice check --config examples/quickstart.yaml',
      answers: 'YAML',
    },
    {
      shows: 'Reload; a change of examples/quickstart.yaml does the same by itself',
      command: `kill -HUP ${proxyPid}`,
      answers: 'a line "reloaded" in the log below',
    },
  ];
}

/** What is printed when everything runs. */
export function quickstartText(facts: QuickstartFacts): string {
  const trials = [
    ...tlsTrials(facts),
    ...otherProtocolTrials(facts),
    ...forwardTrials(facts),
    ...userTrials(facts),
    ...operatorTrials(facts),
  ];
  return [
    '',
    '# Sluice runs on examples/quickstart.yaml, and beside it the state service, with a PostgreSQL of its own whose data is',
    `# in ${facts.dataDirectory} and stays there (QUICKSTART_DATA names another place).`,
    '# Try these in another terminal, in this folder:',
    '',
    ...trials.flatMap(({ shows, command, answers }) => [`# ${shows}`, command, `#   -> ${answers}`, '']),
    '# Below: the log, one line for each connection. Ctrl-C ends all.',
    '',
  ].join('\n');
}
