// kill -9 under load, again and again, and in between a store's file removed or damaged: the exchange serves at once, says
// what it does, and in the end every row of both stores is what the journal says (exchange verify makes them anew and
// compares). STORE_CYCLES sets the number of cycles (20), STORE_SEED the choices.
import assert from 'node:assert/strict';
import {closeSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {Exchange} from './exchange.js';
import {random} from './random.js';
import {Rest} from './rest.js';
import {until} from './wait.js';

const cycles = Number(process.env.STORE_CYCLES ?? 20);
const symbol = 'BTCUSDT';
const deposits = {BTC: '1000', USDT: '50000000'};
const stores = ['history.sqlite', 'market_data.sqlite'];

// Places, cancels and amends until the connection breaks; how many requests were answered.
async function trade(base, key, choose, running) {
  const rest = new Rest(base, key);
  let answered = 0;
  const working = [];
  while (running()) {
    try {
      const old = working.length > 3 && choose() < 0.4 ? working.shift() : undefined;
      const {status, body} = old
        ? await rest.call('DELETE', '/api/v3/order', {symbol, orderId: old})
        : await rest.call('POST', '/api/v3/order', {
            symbol, side: choose() < 0.5 ? 'BUY' : 'SELL', type: 'LIMIT', timeInForce: choose() < 0.8 ? 'GTC' : 'IOC',
            price: (50000 + Math.round((choose() - 0.5) * 1000) / 100).toFixed(2), quantity: (0.001 + Math.floor(choose() * 500) / 1e5).toFixed(5)});
      if (status === 200 && !old && body.status === 'NEW' && choose() < 0.2) {
        await rest.call('PUT', '/api/v3/order/amend/keepPriority', {symbol, orderId: body.orderId, newQty: '0.001'});
      }
      if (status === 200 && !old && body.status !== 'FILLED') working.push(body.orderId);
      ++answered;
    } catch {
      break;
    }
  }
  rest.close();
  return answered;
}

function remove(path) {
  for (const side of ['', '-wal', '-shm']) rmSync(path + side, {force: true});
}
function damage(path, choose) {
  const pages = Math.floor(statSync(path).size / 4096);
  const file = openSync(path, 'r+');
  for (let i = 0; i < 3; ++i) writeSync(file, Buffer.alloc(4096, 0x7f), 0, 4096, Math.floor(choose() * pages) * 4096);
  closeSync(file);
}
const mishaps = [
  ['removed', (path) => remove(path)],
  ['damaged', (path, choose) => { for (const side of ['-wal', '-shm']) rmSync(path + side, {force: true}); damage(path, choose); }],
  ['removed without what belongs to it', (path) => rmSync(path, {force: true})],
  ['cut short', (path) => { for (const side of ['-wal', '-shm']) rmSync(path + side, {force: true}); truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096 + 100); }],
  ['removed while it is in use', undefined],
];

const storesOf = (house) => house.cli('status').stores;
const rebuilds = (house) => storesOf(house).reduce((sum, store) => sum + store.rebuilds, 0);

const caughtUp = (house) => until('the stores have caught up', () => storesOf(house).every((store) => store.state === 'following' && store.lag_commands === 0), 60);

test(`stores over ${cycles} kills and ${mishaps.length} mishaps`, {timeout: 600_000}, async () => {
  const choose = random(Number(process.env.STORE_SEED ?? 1));
  const house = new Exchange();
  let answered = 0, mishap = 0, setAside = 0;
  try {
    await house.start();
    house.listen = new URL(house.base).host;
    const keys = ['ann', 'ben', 'cat', 'dan'].map((name) => house.account(name, deposits));
    for (let cycle = 0; cycle < cycles; ++cycle) {
      let running = true;
      const load = keys.map((key) => trade(house.base, key, random(choose() * 2 ** 32), () => running));
      await sleep(50 + choose() * 250);
      const due = mishap < mishaps.length && (cycle + 1) * mishaps.length >= (mishap + 1) * cycles;
      const [what, befall] = due ? mishaps[mishap++] : [];
      const path = join(house.data, stores[mishap % 2]);
      if (due && !befall) {
        const before = rebuilds(house);
        remove(path);
        await until('the removed store is made anew', () => rebuilds(house) > before, 60);
      }
      await house.stop('SIGKILL');
      running = false;
      answered += (await Promise.all(load)).reduce((sum, each) => sum + each, 0);
      if (befall) befall(path, choose);
      await house.start();
      assert.ok((await fetch(`${house.base}/api/v3/ping`)).ok, 'serves at once');
      if (!befall) continue;
      await until(`the store that was ${what} is made anew`, () => rebuilds(house) > 0, 60);
      await until('which the log tells', () => house.output.includes('made anew from the journal'), 60);
      assert.ok(storesOf(house).some((store) => store.last_problem), 'which status tells');
      setAside += what === 'damaged' || what === 'cut short' ? 1 : 0;
    }
    assert.equal(mishap, mishaps.length);
    assert.ok(answered > cycles * 50, `the load was real: ${answered} requests answered`);
    await caughtUp(house);
    const metrics = await (await fetch(`${house.base}/metrics`)).text();
    assert.match(metrics, /exchange_store_lag_commands\{store="history"\} 0/);
    assert.equal(readdirSync(house.data).filter((name) => /\.damaged-\d+$/.test(name)).length, setAside);

    const running = house.cli('verify');
    assert.equal(running.stores_checked, 2, JSON.stringify(running));
    await house.stop('SIGTERM');
    const verified = house.cli('verify');
    assert.equal(verified.ok, true, JSON.stringify(verified));
    assert.equal(verified.stores_checked, 2);
    assert.ok(verified.rows_compared > answered / 2, JSON.stringify(verified));
    console.log(`${cycles} kills, ${mishaps.length} mishaps, ${answered} requests answered: ${verified.rows_compared} rows equal`);
  } finally {
    await house.dispose();
  }
});

test('an amended order has its new name in the store, however late the amendment comes', {timeout: 120_000}, async () => {
  const house = new Exchange();
  try {
    await house.start();
    const rest = new Rest(house.base, house.account('ann', deposits));
    const call = async (...words) => {
      const {status, body} = await rest.call(...words);
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    };
    const order = {symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', price: '40000', quantity: '0.01', newClientOrderId: 'first'};
    const {orderId} = await call('POST', '/api/v3/order', order);
    await caughtUp(house);
    await call('PUT', '/api/v3/order/amend/keepPriority', {symbol, orderId, newQty: '0.005', newClientOrderId: 'second'});
    await caughtUp(house);
    assert.equal((await call('GET', '/api/v3/order', {symbol, origClientOrderId: 'second'})).orderId, orderId);
    rest.close();
    await house.stop('SIGTERM');
    const verified = house.cli('verify');
    assert.equal(verified.ok, true, JSON.stringify(verified));
  } finally {
    await house.dispose();
  }
});
