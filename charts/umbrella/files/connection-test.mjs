// `helm test`: is every proxy ready, does it accept on each port of the Service, and does it answer through a route?
// Run by the Node of the proxy's image; what it needs comes from the environment.
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

const {
  SLUICE_ADMIN_HOST,
  SLUICE_SERVICE_HOST,
  SLUICE_ADMIN_PORT,
  SLUICE_PROBE_PORT,
  SLUICE_SERVICE_PORTS,
  SLUICE_PATIENCE,
} = process.env;
const deadline = AbortSignal.timeout(Number(SLUICE_PATIENCE ?? 60) * 1000);
let failures = 0;

async function check(what, attempt) {
  for (let last; ; ) {
    try {
      console.log(`ok: ${what}: ${await attempt()}`);
      return;
    } catch (error) {
      last = error.cause?.message ?? error.message;
    }
    if (deadline.aborted) {
      console.error(`FAILED: ${what}: ${last}`);
      failures++;
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function get(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${body.trim()}`);
  return `${answer.status}`;
}

function accept(host, port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 3_000 });
    socket.on('connect', () => resolve('accepted')).on('error', reject);
    socket.on('timeout', () => reject(new Error('no answer in 3 s')));
    socket.on('close', () => reject(new Error('closed')));
    socket.once('connect', () => socket.destroy());
  });
}

let addresses = [];
await check('proxies are known by name', async () => {
  addresses = await lookup(SLUICE_ADMIN_HOST, { all: true });
  return `${addresses.length} of them`;
});
for (const { address, family } of addresses) {
  const host = family === 6 ? `[${address}]` : address;
  await check(`${address} is ready`, () => get(`http://${host}:${SLUICE_ADMIN_PORT}/readyz`));
  await check(`${address} answers through a route`, () => get(`http://${host}:${SLUICE_PROBE_PORT}/`));
}
for (const port of (SLUICE_SERVICE_PORTS ?? '').split(',').filter((text) => text !== '')) {
  await check(`${SLUICE_SERVICE_HOST}:${port} accepts`, () => accept(SLUICE_SERVICE_HOST, Number(port)));
}
process.exit(failures === 0 ? 0 : 1);
