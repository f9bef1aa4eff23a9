import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseStateArguments, stateForms, stateNouns } from '../../../src/cli/state/parse-state-arguments.ts';
import { stateUsageText, synopsisLines } from '../../../src/cli/state/state-usage.ts';

type Noun = (typeof stateNouns)[number];

/** The deed, or what is wrong; words are split at spaces. */
function parsed(line: string): unknown {
  const [noun, ...rest] = line.split(' ');
  const result = parseStateArguments(noun as Noun, rest);
  return result.kind === 'Command' ? result.command.deed : result.problem;
}

const neededOptions: ReadonlyMap<string, readonly string[]> = new Map([
  ['acl add', ['--user', 'a']],
  ['key create', ['--scope', 'read']],
]);
const noRule = { domains: [], cidrs: [], ports: [], comment: null };

const meanings: readonly (readonly [line: string, deed: unknown])[] = [
  [
    'user add alice',
    {
      kind: 'AddUser',
      name: 'alice',
      isEnabled: true,
      destinations: null,
      groups: [],
      connections: null,
      onRevoke: null,
      secret: 'Password',
      notAfter: null,
    },
  ],
  [
    'user add alice --destinations rules --group a --group b --connections 20 --on-revoke DISCONNECT --disabled --verifier --not-after 2027-01-31T12:00:00Z',
    {
      kind: 'AddUser',
      name: 'alice',
      isEnabled: false,
      destinations: 'Rules',
      groups: ['a', 'b'],
      connections: 20,
      onRevoke: 'Disconnect',
      secret: 'Verifier',
      notAfter: '2027-01-31T12:00:00Z',
    },
  ],
  ['user passwd alice', { kind: 'SetPassword', name: 'alice', secret: 'Password', keepsOthers: false, notAfter: null }],
  [
    'user passwd --keep --verifier alice',
    { kind: 'SetPassword', name: 'alice', secret: 'Verifier', keepsOthers: true, notAfter: null },
  ],
  ['user list', { kind: 'ListUsers', group: null, namePrefix: null, enabled: null }],
  ['user list --group g --prefix a --disabled', { kind: 'ListUsers', group: 'g', namePrefix: 'a', enabled: false }],
  ['user list --enabled', { kind: 'ListUsers', group: null, namePrefix: null, enabled: true }],
  ['user show -- -alice', { kind: 'ShowUser', name: '-alice' }],
  ['user rm alice', { kind: 'RemoveUser', name: 'alice', version: null }],
  ['user rm alice --if-version 7', { kind: 'RemoveUser', name: 'alice', version: 7 }],
  ['user enable alice', { kind: 'SwitchUser', name: 'alice', enabled: true, version: null }],
  ['user disable alice --if-version=3', { kind: 'SwitchUser', name: 'alice', enabled: false, version: 3 }],
  ['acl add --user alice', { kind: 'AddRule', subject: { user: 'alice' }, ...noRule }],
  [
    'acl add --group g --domain *.example.com --domain b.example --cidr 10.0.0.0/8 --port 443 --port 80 --comment why',
    {
      kind: 'AddRule',
      subject: { group: 'g' },
      domains: ['*.example.com', 'b.example'],
      cidrs: ['10.0.0.0/8'],
      ports: [443, 80],
      comment: 'why',
    },
  ],
  ['acl list', { kind: 'ListRules', user: null, group: null }],
  ['acl list --user alice', { kind: 'ListRules', user: 'alice', group: null }],
  ['acl rm r_1', { kind: 'RemoveRule', id: 'r_1', version: null }],
  [
    'key create ci --scope users:write --scope READ --scope read',
    { kind: 'CreateKey', client: 'ci', scopes: ['users:write', 'read'], expiresAt: null, comment: null },
  ],
  ['key list --client ci --live', { kind: 'ListKeys', client: 'ci', isLiveOnly: true }],
  [
    'key rotate k1 --expires 2027-01-31T12:00:00+01:00',
    { kind: 'RotateKey', id: 'k1', expiresAt: '2027-01-31T12:00:00+01:00' },
  ],
  ['key revoke k1', { kind: 'RevokeKey', id: 'k1', version: null }],
];

const mistakes: readonly (readonly [line: string, problem: RegExp])[] = [
  ['user', /^user needs one of add, passwd, /],
  ['user del alice', /^unknown command "user del": it is one of add, /],
  ['user shwo alice', /did you mean show\?/],
  ['user add', /^user add needs NAME$/],
  ['user add alice --connections 0', /--connections "0" is not a number from 1 to 1000000/],
  ['user add alice --connections 1e3', /--connections "1e3" is not a number/],
  ['user add alice --destinations All', /--destinations "All" is none of Public, Rules/],
  ['user add alice --not-after tomorrow', /--not-after "tomorrow" is not an RFC 3339 time/],
  ['user add alice --no-password --verifier', /adds no credential/],
  ['user add alice --group=', /^--group is empty$/],
  ['user add ..', /no names of users/],
  ['user rm .', /no names of users/],
  ['user list alice', /^user list takes options only$/],
  ['user list --enabled --disabled', /leave no user/],
  ['user rm alice --if-version -1', /--if-version/],
  ['user show alice --colour', /--colour/],
  ['acl add', /^acl add takes either --user NAME or --group GROUP/],
  ['acl add --user a --group b', /either --user NAME or --group GROUP/],
  ['acl add --user a --port 65536', /--port "65536" is not a number from 1 to 65535/],
  ['acl list --user a --group b', /not both/],
  ['acl rm ../users', /no ID/],
  ['key create ci', /^key create needs --scope: read, write, admin, users:read/],
  ['key create ci --scope root', /--scope "root" is none of read/],
  ['key revoke a/b', /no ID/],
];

describe('the command line of the state service', () => {
  for (const [line, deed] of meanings) {
    it(`understands ${line}`, () => assert.deepEqual(parsed(line), deed));
  }

  for (const [line, problem] of mistakes) {
    it(`says what is wrong with ${line}`, () => assert.match(String(parsed(line)), problem));
  }

  it('takes address, key file and form of the output with every command', () => {
    for (const noun of stateNouns) {
      for (const { verb, operand } of stateForms[noun]) {
        const needed = neededOptions.get(`${noun} ${verb}`) ?? [];
        const access = ['--state', 'https://a.example', '--key-file', 'k', '--json'];
        const line = [verb, ...(operand === null ? [] : ['x']), ...needed];
        const result = parseStateArguments(noun, [...line, ...access]);
        assert.ok(result.kind === 'Command', JSON.stringify(result));
        assert.deepEqual(result.command.access, { url: 'https://a.example', keyFile: 'k' });
        assert.equal(result.command.isJson, true);
        const bare = parseStateArguments(noun, line);
        assert.ok(bare.kind === 'Command');
        assert.deepEqual([bare.command.access, bare.command.isJson], [{ url: null, keyFile: null }, false]);
      }
    }
  });

  it('refuses a password or a key among the arguments, says why, and never repeats it', () => {
    const secret = 'correct-horse';
    const lines = [
      `user add alice ${secret}`,
      `user passwd alice ${secret}`,
      `user add alice --password ${secret}`,
      `user add alice --password=${secret}`,
      `user list --key ${secret}`,
      `user list --key=${secret}`,
    ];
    for (const line of lines) {
      assert.match(String(parsed(line)), /the command line, where every user of the machine can see/, line);
      assert.ok(!String(parsed(line)).includes(secret), line);
    }
    for (const line of [
      `key revoke slc_abc_${secret}_1`,
      `acl rm slc_abc_${secret}_1`,
      `user add alice --pass=${secret}`,
    ]) {
      assert.ok(!String(parsed(line)).includes(secret), line);
    }
  });

  it('never throws, and says it in one line', () => {
    const word = fc.oneof(
      fc.constantFrom('add', 'rm', 'list', 'create', '--user', '--json', '--scope', '--port', '--', '-', '', '..', 'a'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...stateNouns), fc.array(word, { maxLength: 6 }), (noun, words) => {
        const result = parseStateArguments(noun, words);
        if (result.kind === 'Usage') assert.match(result.problem, /^[^\n]+$/);
      }),
    );
  });
});

describe('the usage text of the state service', () => {
  it('has every command and every option of it, in lines that fit a terminal', () => {
    const text = stateUsageText();
    for (const noun of stateNouns) {
      for (const { verb, options, synopsis } of stateForms[noun]) {
        assert.ok(text.includes(`  ${noun} ${verb}`), `${noun} ${verb}`);
        const named = new Set([...synopsis.matchAll(/--([a-z-]+)/gu)].map((match) => match[1]));
        assert.deepEqual(named, new Set(Object.keys(options)), `${noun} ${verb}`);
      }
    }
    for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
    const understood = new Set(meanings.map(([line]) => line.split(' ').slice(0, 2).join(' ')));
    assert.equal(synopsisLines(stateNouns).length, understood.size);
  });

  it('is that of one noun where only that is asked', () => {
    assert.match(stateUsageText('acl'), /acl add/);
    assert.doesNotMatch(stateUsageText('acl'), /user add/);
  });
});
