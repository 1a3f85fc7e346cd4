// Load for tests of market data: accounts that place, move, cancel and take at random around a price, over signed REST.
import assert from 'node:assert/strict';
import {random} from './random.js';
import {Rest} from './rest.js';

export class Crowd {
  // `keys`: one member each, of accounts with money.
  constructor(base, keys, {symbol = 'BTCUSDT', middle = 50_000, seed = 1} = {}) {
    Object.assign(this, {symbol, middle, choose: random(seed), members: keys.map((key) => ({rest: new Rest(base, key), open: []}))});
    this.orders = 0;
  }

  // One request of one member.
  async act(member) {
    const {choose} = this;
    if (member.open.length > 40 || (member.open.length > 0 && choose() < 0.35)) {
      const orderId = member.open.splice(Math.floor(choose() * member.open.length), 1)[0];
      const {status, body} = await member.rest.call('DELETE', '/api/v3/order', {symbol: this.symbol, orderId});
      assert.ok(status === 200 || body.code === -2011, JSON.stringify(body));  // filled meanwhile
      return;
    }
    const side = choose() < 0.5 ? 'BUY' : 'SELL';
    // Mostly behind the middle, on few levels near it, sometimes through it.
    const distance = Math.floor((choose() < 0.2 ? -1 : 1) * choose() ** 2 * 3000) / 100;
    const price = (this.middle + (side === 'BUY' ? -distance : distance)).toFixed(2);
    const quantity = (20 + Math.floor(choose() * 500)) / 1e5;
    const order = {symbol: this.symbol, side, type: 'LIMIT', timeInForce: choose() < 0.15 ? 'IOC' : 'GTC', price, quantity: quantity.toFixed(5)};
    const {status, body} = await member.rest.call('POST', '/api/v3/order', order);
    assert.equal(status, 200, JSON.stringify(body));
    this.orders += 1;
    if (body.status === 'NEW' || body.status === 'PARTIALLY_FILLED') member.open.push(body.orderId);
  }

  // All members at once, until stop(), which throws what went wrong.
  start() {
    this.running = true;
    this.work = Promise.all(this.members.map(async (member) => {
      while (this.running) await this.act(member);
    }));
    this.work.catch(() => {});  // told by stop()
  }
  async stop() {
    this.running = false;
    await this.work;
  }
  // `count` requests, one after the other.
  async burst(count) {
    for (let i = 0; i < count; ++i) await this.act(this.members[Math.floor(this.choose() * this.members.length)]);
  }
  close() {
    for (const member of this.members) member.rest.close();
  }
}
