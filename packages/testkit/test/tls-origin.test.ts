import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildClientHello } from '../src/client-hello.ts';
import { runCommand } from '../src/run-command.ts';
import { connectTcp } from '../src/tcp-client.ts';
import { startTlsOrigin } from '../src/tls-origin.ts';

test('curl reads which TLS origin it reached and under which name', async (t) => {
  const origin = await startTlsOrigin(t, { name: 'web', serverNames: ['www.example.com'] });
  const result = await runCommand('curl', [
    ...['-sS', '--http1.1', '--cacert', origin.certPath, '--resolve', `www.example.com:${origin.port}:127.0.0.1`],
    `https://www.example.com:${origin.port}/`,
  ]);
  assert.equal(result.stdout, 'origin=web sni=www.example.com alpn=http/1.1\n', result.stderr);
});

test('a server accepts the built ClientHello as TLS: it answers with a handshake or an alert, not silence', async (t) => {
  const origin = await startTlsOrigin(t, { name: 'web', serverNames: ['www.example.com'] });
  const client = await connectTcp(t, origin);
  client.send(buildClientHello({ serverName: 'www.example.com', minimumBytes: 517 }));
  const [type] = await client.receive(1);
  assert.ok(type === 0x15 || type === 0x16);
});
