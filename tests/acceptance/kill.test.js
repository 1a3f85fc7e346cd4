// kill -9 under load, again and again: every acknowledged order, cancel and fill is there after the restart, exactly once.
//
// The model is outside the exchange: it knows only what clients were told. A request whose answer never came may or may not
// have happened, but not half. KILL_CYCLES sets the number of cycles (30), KILL_SEED the workload's seed.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {Exchange} from './exchange.js';
import {assertBalances, expected} from './money.js';
import {random} from './random.js';
import {Rest} from './rest.js';

const cycles = Number(process.env.KILL_CYCLES ?? 30);
const symbol = 'BTCUSDT';
const assetsOf = () => ({base: 'BTC', quote: 'USDT'});
const deposits = {BTC: '1000', USDT: '50000000'};

class Trader {
  constructor(name, key, choose) {
    Object.assign(this, {name, key, choose, count: 0, acknowledged: new Map(), fills: new Map(), unknown: new Map(), working: []});
  }

  // Places and cancels until the connection breaks.
  async trade(base, running) {
    const rest = new Rest(base, this.key);
    while (running()) {
      const id = `${this.name}-${++this.count}`;
      const cancels = this.working.length > 0 && this.choose() < 0.3;
      const old = cancels ? this.working.splice(Math.floor(this.choose() * this.working.length), 1)[0] : undefined;
      try {
        if (old) this.cancelled(old, await rest.call('DELETE', '/api/v3/order', {symbol, origClientOrderId: old}));
        else this.placed(id, await rest.call('POST', '/api/v3/order', this.order(id)));
      } catch {
        this.unknown.set(old ?? id, old ? 'cancel' : 'place');
        break;
      }
    }
    rest.close();
  }

  order(id) {
    const side = this.choose() < 0.5 ? 'BUY' : 'SELL';
    const price = (50000 + Math.round((this.choose() - 0.5) * 2000) / 100).toFixed(2);
    const quantity = (0.001 + Math.floor(this.choose() * 1000) / 1e5).toFixed(5);
    const kind = this.choose();
    const common = {symbol, side, quantity, newClientOrderId: id, newOrderRespType: 'FULL'};
    if (kind < 0.1) return {...common, type: 'MARKET'};
    if (kind < 0.2) return {...common, type: 'LIMIT', timeInForce: 'IOC', price};
    return {...common, type: 'LIMIT', timeInForce: 'GTC', price};
  }

  placed(id, {status, body}) {
    if (status !== 200) {
      assert.ok([-2010, -1013].includes(body.code), `${id}: ${JSON.stringify(body)}`);
      return;
    }
    assert.equal(body.clientOrderId, id);
    this.acknowledged.set(id, {orderId: body.orderId, status: body.status, executed: body.executedQty});
    for (const fill of body.fills) this.fills.set(fill.tradeId, {...fill, orderId: body.orderId});
    if (body.status === 'NEW' || body.status === 'PARTIALLY_FILLED') this.working.push(id);
  }

  cancelled(id, {status, body}) {
    if (status === 200) Object.assign(this.acknowledged.get(id), {status: 'CANCELED', executed: body.executedQty});
    else assert.equal(body.code, -2011, JSON.stringify(body));  // filled meanwhile
  }

  // All that this trader was told is in what the exchange says now.
  async check(base) {
    const rest = new Rest(base, this.key);
    const get = async (path, parameters = {}) => {
      const {status, body} = await rest.call('GET', path, {symbol, limit: 1000, ...parameters});
      assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
      return body;
    };
    const orders = [], fills = [];
    for (let from = 0, page; (page = await get('/api/v3/allOrders', {orderId: from})).length; from = page.at(-1).orderId + 1) orders.push(...page);
    // An account that traded with itself has two fills of one id, and a page may end between them: begin again at its last id.
    for (let from = 0, done = false; !done;) {
      const page = await get('/api/v3/myTrades', {fromId: from});
      const last = page.at(-1)?.id;
      done = page.length < 1000;
      fills.push(...(done ? page : page.filter((fill) => fill.id !== last)));
      from = last;
    }
    const open = (await rest.call('GET', '/api/v3/openOrders', {symbol})).body;
    const account = (await rest.call('GET', '/api/v3/account')).body;
    rest.close();

    const byClientId = new Map();
    for (const order of orders) {
      assert.ok(!byClientId.has(order.clientOrderId), `${order.clientOrderId} is there once`);
      byClientId.set(order.clientOrderId, order);
    }
    for (const [id, told] of this.acknowledged) {
      const order = byClientId.get(id);
      assert.ok(order, `acknowledged order ${id} is there`);
      assert.equal(order.orderId, told.orderId);
      if (told.status === 'CANCELED' || told.status === 'FILLED' || told.status.startsWith('EXPIRED')) {
        assert.equal(order.status, told.status, `order ${id}`);
        assert.equal(order.executedQty, told.executed, `order ${id}`);
      } else {
        assert.ok(Number(order.executedQty) >= Number(told.executed), `order ${id} keeps what it had executed`);
      }
    }
    for (const id of byClientId.keys()) assert.ok(this.acknowledged.has(id) || this.unknown.has(id), `${id} was sent`);
    const seen = new Set();
    const executed = new Map();
    for (const fill of fills) {
      assert.ok(!seen.has(`${fill.id}/${fill.orderId}`), `fill ${fill.id} is there once`);
      seen.add(`${fill.id}/${fill.orderId}`);
      executed.set(fill.orderId, (executed.get(fill.orderId) ?? 0) + Math.round(Number(fill.qty) * 1e5));
    }
    for (const [id, told] of this.fills) assert.ok(seen.has(`${id}/${told.orderId}`), `acknowledged fill ${id} of order ${told.orderId} is there`);
    for (const order of orders) assert.equal(executed.get(order.orderId) ?? 0, Math.round(Number(order.executedQty) * 1e5), `fills of ${order.orderId}`);
    assertBalances(account.balances, expected(deposits, assetsOf, fills.map((fill) => ({...fill, symbol})), open), this.name);

    // Settle what was unknown, for the next cycle.
    for (const [id, what] of this.unknown) {
      const order = byClientId.get(id);
      if (!order) continue;
      this.acknowledged.set(id, {orderId: order.orderId, status: order.status, executed: order.executedQty});
      if (what === 'place' && (order.status === 'NEW' || order.status === 'PARTIALLY_FILLED')) this.working.push(id);
    }
    this.unknown.clear();
    this.working = this.working.filter((id) => ['NEW', 'PARTIALLY_FILLED'].includes(byClientId.get(id)?.status));
    return {orders: orders.length, fills: fills.length};
  }
}

test(`kill -9 under load, ${cycles} cycles`, {timeout: 600_000}, async () => {
  const choose = random(Number(process.env.KILL_SEED ?? 1));
  const house = new Exchange();
  try {
    await house.start();
    house.listen = new URL(house.base).host;
    const traders = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay'].map((name) => new Trader(name, house.account(name, deposits), random(choose() * 2 ** 32)));
    let counts = [];
    for (let cycle = 0; cycle < cycles; ++cycle) {
      let running = true;
      const load = traders.map((trader) => trader.trade(house.base, () => running));
      await sleep(50 + choose() * 250);
      await house.stop('SIGKILL');
      running = false;
      await Promise.all(load);
      await house.start();
      counts = await Promise.all(traders.map((trader) => trader.check(house.base)));
    }
    const orders = counts.reduce((sum, each) => sum + each.orders, 0), fills = counts.reduce((sum, each) => sum + each.fills, 0);
    assert.ok(orders > cycles * 10 && fills > cycles * 5, `the load was real: ${orders} orders, ${fills} fills`);
    console.log(`${cycles} cycles: ${orders} orders, ${fills} fills, all acknowledged ones there exactly once`);
    const verified = house.cli('verify');
    assert.equal(verified.ok, true, JSON.stringify(verified));
    await house.stop('SIGTERM');
    assert.equal(house.cli('verify').ok, true);
  } finally {
    await house.dispose();
  }
});
