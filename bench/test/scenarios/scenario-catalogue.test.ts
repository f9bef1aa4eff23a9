import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/options.ts';
import { createPeerCatalogue } from '../../src/peers/peer-catalogue.ts';
import { targets } from '../../src/report/targets.ts';
import { chooseScenarios } from '../../src/scenarios/choose-scenarios.ts';
import { scenarioCatalogue } from '../../src/scenarios/scenario-catalogue.ts';

const catalogue = createPeerCatalogue({ node: '/usr/bin/node', newerHaproxy: '/nonexistent/haproxy' });
const nothing = { scenarios: [], contestants: [], quick: false };

test('every contestant of every scenario is known and speaks what the scenario asks', () => {
  for (const scenario of scenarioCatalogue) {
    for (const name of scenario.contestants) {
      const peer = catalogue.find(name);
      assert.ok(peer, `${scenario.name}: ${name}`);
      if (scenario.kind === 'traffic') assert.ok(peer.fronts.includes(scenario.front), `${scenario.name}: ${name}`);
    }
  }
});

test('every target names a scenario that measures its subject and everything it is held against', () => {
  for (const target of targets) {
    const scenario = scenarioCatalogue.find(({ name }) => name === target.scenario);
    assert.ok(scenario, target.scenario);
    assert.ok(scenario.contestants.includes(target.subject), target.scenario);
    const against = target.kind === 'ratio' ? target.against : [];
    const measured = against.filter((name) => scenario.contestants.includes(name));
    assert.equal(measured.length > 0 || against.length === 0, true, target.scenario);
  }
});

test('every traffic scenario has a control', () => {
  for (const scenario of scenarioCatalogue.filter(({ kind }) => kind === 'traffic')) {
    assert.ok(
      scenario.contestants.some((name) => name.endsWith('-control')),
      scenario.name,
    );
  }
});

test('scenarios are chosen by name and by prefix', () => {
  const names = (scenarios: readonly string[]) =>
    chooseScenarios(scenarioCatalogue, { ...nothing, scenarios }).map(({ name }) => name);
  assert.deepEqual(names(['conn-8']), ['conn-8']);
  assert.deepEqual(names(['ping-*', 'conn-1']), ['conn-1', 'ping-1', 'ping-64']);
  assert.throws(() => names(['conn-9']), UsageError);
});

test('a quick run is a part of the full one, and named contestants replace the usual', () => {
  const quick = chooseScenarios(scenarioCatalogue, { ...nothing, quick: true });
  assert.ok(quick.length > 0 && quick.length < scenarioCatalogue.length);
  const [only] = chooseScenarios(scenarioCatalogue, { ...nothing, scenarios: ['conn-64'], contestants: ['nginx'] });
  assert.deepEqual(only?.contestants, ['nginx']);
});
