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
    ...operatorTrials(facts),
  ];
  return [
    '',
    '# Sluice runs on examples/quickstart.yaml. Try these in another terminal, in this folder:',
    '',
    ...trials.flatMap(({ shows, command, answers }) => [`# ${shows}`, command, `#   -> ${answers}`, '']),
    '# Below: the log of the proxy, one line for each connection. Ctrl-C ends all.',
    '',
  ].join('\n');
}
