// `exchange load` against a running exchange: what it says it did is what the exchange did, by both protocols and every kind of
// key, and it leaves no order behind.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {binary, Exchange} from './exchange.js';
import {Rest} from './rest.js';

describe('exchange load', () => {
  const house = new Exchange();
  const money = {BTC: '1000', USDT: '50000000'};
  let files, pem, rests;
  const load = (...words) => {
    const run = spawnSync(binary, ['load', ...words, '--url', house.base, '--seconds', '1', '--json'], {encoding: 'utf8', timeout: 60_000});
    return {status: run.status, stderr: run.stderr, ...(run.stdout ? JSON.parse(run.stdout) : {})};
  };
  // Of both accounts: those from this id on; without one, the latest.
  const orders = async (parameters) => (await Promise.all(rests.map(async (rest) => (await rest.call('GET', '/api/v3/allOrders', {symbol: 'BTCUSDT', limit: 1000, ...parameters})).body))).flat();
  const nextId = async () => 1 + Math.max(0, ...(await orders({limit: 1})).map(({orderId}) => orderId));

  before(async () => {
    await house.start();
    const keys = ['ann', 'ben'].map((name) => house.account(name, money));
    rests = keys.map((key) => new Rest(house.base, key));
    files = keys.flatMap((key, at) => {
      const file = join(house.data, `key-${at}.json`);
      writeFileSync(file, JSON.stringify(key));
      return ['--key-file', file];
    });
    const {api_key, secret} = house.publicKeyAccount('ann', 'ed25519');
    writeFileSync(join(house.data, 'ann.pem'), secret);
    pem = ['--api-key', api_key, '--private-key', join(house.data, 'ann.pem')];
  });
  after(async () => {
    rests?.forEach((rest) => rest.close());
    await house.dispose();
  });

  for (const [name, words] of [['rest', ['rest']], ['rest, Ed25519', ['rest']], ['websocket', ['websocket']], ['websocket, logged on', ['websocket']],
                               ['websocket, Ed25519, every request signed', ['websocket', '--no-logon']]]) {
    test(`${name}: orders that rest and are cancelled, at a rate`, async () => {
      const key = /Ed25519|logged on/.test(name) ? pem : files;
      const from = await nextId();
      const result = load(...words, ...key, '--connections', '4', '--rate', '400');
      assert.equal(result.status, 0, JSON.stringify(result));
      assert.equal(result.loop, 'open');
      assert.deepEqual([result.errors, result.unanswered], [0, 0]);
      assert.ok(result.requests > 0 && result.p50_us > 0 && result.p50_us <= result.p99_us && result.p99_us <= result.p999_us && result.p999_us <= result.max_us, JSON.stringify(result));
      const made = await orders({orderId: from});
      assert.ok(made.length >= result.requests / 2, `${made.length} orders`);  // every order has one cancel at most
      for (const {status} of made) assert.equal(status, 'CANCELED');
    });
  }

  test('orders that trade, as fast as answers come', async () => {
    const from = await nextId();
    const result = load('websocket', ...files, '--connections', '4', '--pipelined', '4', '--pattern', 'trade', '--price', '50000', '--quantity', '0.001');
    assert.equal(result.status, 0, JSON.stringify(result));
    assert.equal(result.loop, 'closed');
    assert.ok((await orders({orderId: from})).some(({status}) => status === 'FILLED'));
  });

  test('refused orders are counted, with the first answer, and end with 1', () => {
    for (const protocol of ['rest', 'websocket']) {
      const result = load(protocol, ...files, '--connections', '2', '--rate', '100', '--quantity', '100000000');
      assert.equal(result.status, 1);
      assert.ok(result.errors > 0);
      assert.match(result.first_error, /LOT_SIZE/);
    }
  });

  test('an exchange that is not there, and a key that is none, end with 3', () => {
    const nobody = spawnSync(binary, ['load', 'rest', ...files, '--url', 'http://127.0.0.1:1'], {encoding: 'utf8'});
    assert.equal(nobody.status, 3);
    assert.match(nobody.stderr, /Connection refused/);
    const stranger = load('websocket', '--api-key', 'x'.repeat(64), ...pem.slice(2), '--connections', '1');
    assert.equal(stranger.status, 3);
    assert.match(stranger.stderr, /session\.logon: .*-20\d\d/);
  });
});
