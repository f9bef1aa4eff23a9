/** The chart with certificates: its parts find each other over TLS, started as their pods say, and what is not TLS is refused. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { createSelfSignedCertificate } from '@sluice/testkit/self-signed-certificate.ts';
import { startRenderedInstallation } from './rendered-installation.ts';

const skip = (await whyNoKubeApi({ helm: true })) || (await whyNoNatsServer());
const values = ['nats.tlsSecret=nats-tls', 'global.nats.caSecret=nats-tls', 'global.stateService.tlsSecret=state-tls'];

/** As cert-manager makes them: certificate, key and authority in one Secret. */
async function makeSecret(host: string): Promise<Readonly<Record<string, string>>> {
  const { key, cert } = await createSelfSignedCertificate({ after }, [host]);
  return { 'tls.crt': cert, 'tls.key': key, 'ca.crt': cert };
}

const ours =
  skip === false
    ? await startRenderedInstallation(
        { after },
        {
          values,
          secrets: async (host) => ({ 'nats-tls': await makeSecret(host), 'state-tls': await makeSecret(host) }),
        },
      )
    : null;

describe('the processes of the chart with certificates', { skip }, () => {
  test('carry routes and users to the proxy', async () => {
    assert.ok(ours);
    const { api, namespace } = ours;
    const metadata = { name: 'secured', namespace };
    const objects = [
      { kind: 'Secret', apiVersion: 'v1', metadata, stringData: { password: 'correct horse battery' } },
      { kind: 'ProxyUser', spec: { password: { secretRef: { name: 'secured' } } } },
      { kind: 'ProxyRoute', spec: { match: { protocol: 'SSH' }, to: { endpoints: [{ url: 'tcp://192.0.2.1:22' }] } } },
    ].map((one) => JSON.stringify({ apiVersion: 'sluice.dev/v1alpha1', metadata, ...one }));
    const applied = await api.kubectl(['apply', '--filename', '-'], { input: objects.join('\n---\n') });
    assert.equal(applied.code, 0, applied.stderr);
    for (const one of ['proxyroute/secured', 'proxyuser/secured']) {
      const args = ['wait', one, '-n', namespace, '--for=condition=Programmed', '--timeout=40s'];
      const waited = await api.kubectl(args);
      assert.equal(waited.code, 0, `${one}: ${waited.stderr}`);
    }
  });

  test('speak nothing but TLS where they have a certificate', async () => {
    assert.ok(ours);
    const { address } = ours;
    const [host = '', port = ''] = address(4222).split(':');
    const socket = connect({ host, port: Number(port) });
    const [greeting] = (await socket.take(1).toArray()) as Buffer[];
    socket.destroy();
    assert.match(String(greeting), /"tls_required":true/);
    await assert.rejects(fetch(`http://${address(9910)}/v1/users`));
  });
});
