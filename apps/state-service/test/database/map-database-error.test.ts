import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseFaultError, DatabaseUnavailableError } from '../../src/database/database-error.ts';
import { isRefusedByServer, isWorthRepeating, mapDatabaseError } from '../../src/database/map-database-error.ts';
import { InvalidValueError } from '../../src/domain/state-error.ts';

/** An error as the driver gives it: the detail repeats the row. */
function serverError(code: string, fields: object = {}): Error {
  return Object.assign(new Error('refused'), { code, detail: 'Failing row contains ($scrypt$secret)', ...fields });
}

test('tells why the database could not', () => {
  const reasons: [Error, string][] = [
    [serverError('25006'), 'ReadOnly'],
    [serverError('53300'), 'NotAccepting'],
    [serverError('57P03'), 'NotAccepting'],
    [serverError('57014'), 'Overloaded'],
    [serverError('53100'), 'Overloaded'],
    [serverError('08006'), 'Unreachable'],
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'Unreachable'],
    [Object.assign(new Error('connect'), { code: 'ENOENT' }), 'Unreachable'],
    [Object.assign(new Error('read'), { code: 'ETIMEDOUT' }), 'Hung'],
    [new Error('Query read timeout'), 'Hung'],
    [new Error('Connection terminated due to connection timeout'), 'Hung'],
    [new Error('Connection terminated unexpectedly'), 'Unreachable'],
  ];
  for (const [error, reason] of reasons) {
    const mapped = mapDatabaseError(error);
    assert.ok(mapped instanceof DatabaseUnavailableError, error.message);
    assert.equal(mapped.reason, reason, error.message);
    assert.ok(mapped.retryAfterSeconds >= 1);
  }
});

test('keeps nothing of a row in what it makes of a refused value', () => {
  const mapped = mapDatabaseError(serverError('23514', { constraint: 'users_name_bounds' }));
  assert.ok(mapped instanceof InvalidValueError);
  assert.equal(mapped.constraint, 'users_name_bounds');
  const fault = mapDatabaseError(serverError('42601'));
  assert.ok(fault instanceof DatabaseFaultError);
  assert.equal(fault.sqlState, '42601');
  for (const error of [mapped, fault]) {
    assert.ok(!`${error.message}${JSON.stringify(error)}${String(error.cause)}`.includes('$scrypt$'));
  }
});

test('leaves alone what is not of the database', () => {
  for (const error of [new TypeError('a mistake'), 'text', null]) assert.equal(mapDatabaseError(error), error);
});

test('knows which refusals are definite and which are worth another try', () => {
  assert.equal(isWorthRepeating(serverError('40P01')), true);
  assert.equal(isWorthRepeating(serverError('40001')), true);
  assert.equal(isWorthRepeating(serverError('23505')), false);
  assert.equal(isRefusedByServer(serverError('23505')), true);
  // The server may have committed before it was told to end.
  assert.equal(isRefusedByServer(serverError('57P01')), false);
  assert.equal(isRefusedByServer(new Error('Connection terminated unexpectedly')), false);
});
