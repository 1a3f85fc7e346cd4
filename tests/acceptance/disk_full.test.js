// A full disk: new commands are refused with a clear error, nothing acknowledged is lost, service resumes when space returns.
//
// Runs in a mount namespace of its own (`unshare --user --map-root-user --mount`), so that it can mount a small file system.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {appendFileSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {Exchange} from './exchange.js';
import {Rest} from './rest.js';

test('a full disk refuses, loses nothing, and resumes', {timeout: 240_000}, async () => {
  const house = new Exchange();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', house.data]);
  try {
    const config = join(house.data, 'exchange.toml');
    writeFileSync(config, '[journal]\nsegment_mib = 1\n');
    house.flags = ['--config', config];
    await house.start();
    house.listen = new URL(house.base).host;
    const key = house.account('ann', {BTC: '1000', USDT: '90000000'});
    const rest = new Rest(house.base, key);
    const placed = [];
    const place = async () => {
      const answer = await rest.call('POST', '/api/v3/order', {symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.001',
                                                               price: (10000 + (placed.length % 1000)).toFixed(2), newClientOrderId: `n-${placed.length}`});
      if (answer.status === 200) placed.push(answer.body.orderId);
      if (placed.length % 100 === 99) await rest.call('DELETE', '/api/v3/openOrders', {symbol: 'BTCUSDT'});
      return answer;
    };
    for (let i = 0; i < 50; ++i) assert.equal((await place()).status, 200);

    const filler = join(house.data, 'filler');
    writeFileSync(filler, '');
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(64 * 1024, 1));
    } catch (error) {
      assert.equal(error.code, 'ENOSPC');
    }
    assert.equal(statfsSync(house.data).bfree, 0);

    let refused;
    for (let i = 0; i < 50_000 && !refused; ++i) {
      const answer = await place();
      if (answer.status !== 200) refused = answer;
    }
    assert.ok(refused, 'orders are refused before the journal is overfull');
    assert.equal(refused.status, 503);
    assert.match(refused.body.msg, /disk|space|storage/i);
    assert.equal((await rest.call('GET', '/api/v3/account')).status, 200, 'reads go on');
    assert.equal((await fetch(`${house.base}/health/live`)).status, 200);
    assert.equal((await fetch(`${house.base}/health/ready`)).status, 503);

    rmSync(filler);
    let resumed = false;
    for (let i = 0; i < 100 && !resumed; ++i) {
      await sleep(50);
      resumed = (await place()).status === 200;
    }
    assert.ok(resumed, 'service resumes when space returns');

    await house.stop('SIGKILL');
    await house.start();
    const after = new Rest(house.base, key);
    const there = new Set();
    for (let from = 0, page; (page = (await after.call('GET', '/api/v3/allOrders', {symbol: 'BTCUSDT', orderId: from, limit: 1000})).body).length; from = page.at(-1).orderId + 1)
      for (const order of page) there.add(order.orderId);
    for (const id of placed) assert.ok(there.has(id), `acknowledged order ${id} is there`);
    assert.equal(there.size, placed.length, 'a refused order never happened');
    assert.equal(house.cli('verify').ok, true);
    rest.close();
    after.close();
  } finally {
    await house.stop('SIGKILL');
    execFileSync('umount', ['-l', house.data]);
    await house.dispose();
  }
});
