// A book rebuilt from the stream of differences, as the published recipe has it, equals the exchange's at every update: under
// load with the stream of the best 20 levels, whenever both tell of the same moment; between bursts of orders with the whole of
// REST's depth. DEPTH_SECONDS: how long each (10).
import assert from 'node:assert/strict';
import {test} from 'node:test';
import WebSocket from 'ws';
import {Crowd} from './crowd.js';
import {Exchange} from './exchange.js';
import {until} from './wait.js';

const seconds = Number(process.env.DEPTH_SECONDS ?? 10);
const symbol = 'BTCUSDT';

// Prices and quantities stay the texts they came as: equal means equal to the last digit.
class Book {
  constructor({lastUpdateId, bids, asks}) {
    Object.assign(this, {id: lastUpdateId, bids: new Map(bids), asks: new Map(asks)});
  }
  // One event of the stream; throws when one is missing before it.
  apply({U, u, b, a}) {
    if (u <= this.id) return;
    assert.ok(this.begun ? U === this.id + 1 : U <= this.id + 1, `an event from ${U} after ${this.id}`);
    this.begun = true;
    this.id = u;
    for (const [side, changes] of [[this.bids, b], [this.asks, a]]) {
      for (const [price, quantity] of changes) {
        if (Number(quantity) === 0) side.delete(price);
        else side.set(price, quantity);
      }
    }
  }
  levels(limit = Infinity) {
    const sorted = (side, direction) => [...side].sort(([x], [y]) => direction * (Number(x) - Number(y))).slice(0, limit);
    return {bids: sorted(this.bids, -1), asks: sorted(this.asks, 1)};
  }
}

// The two streams of one market, the events of each in order.
async function open(base) {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/stream?streams=btcusdt@depth@100ms/btcusdt@depth20@100ms`);
  const streams = {differences: [], best: new Map(), socket};
  socket.on('message', (text) => {
    const {stream, data} = JSON.parse(text);
    if (stream === 'btcusdt@depth20@100ms') streams.best.set(data.lastUpdateId, data);
    else streams.differences.push(data);
  });
  socket.on('close', (code) => (streams.closed = code));
  await new Promise((opened, failed) => socket.once('open', opened).once('error', failed));
  return streams;
}
const rest = async (base) => (await fetch(`${base}/api/v3/depth?symbol=${symbol}&limit=5000`)).json();

test(`depth: differences add up to the book, ${seconds} s under load and ${seconds} s between bursts`, {timeout: (2 * seconds + 60) * 1000}, async () => {
  const house = new Exchange();
  try {
    await house.start();
    const crowd = new Crowd(house.base, ['ann', 'ben', 'cat', 'dan'].map((name) => house.account(name, {BTC: '1000', USDT: '50000000'})), {seed: Number(process.env.DEPTH_SEED ?? 1)});
    await crowd.burst(50);
    const streams = await open(house.base);
    crowd.start();
    await until('the first event', () => streams.differences.length > 0);
    const book = new Book(await rest(house.base));

    let updates = 0, compared = 0;
    const take = () => {
      for (const event of streams.differences.splice(0)) {
        book.apply(event);
        updates += 1;
        const best = streams.best.get(book.id);
        if (best) {
          assert.deepEqual(book.levels(20), {bids: best.bids, asks: best.asks}, `at ${book.id}`);
          compared += 1;
        }
      }
      assert.equal(streams.closed, undefined);
    };
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
      await new Promise((done) => setTimeout(done, 150));  // both streams have told of what is looked at
      take();
      for (const id of streams.best.keys()) if (id < book.id) streams.best.delete(id);
    }
    await crowd.stop();
    const underLoad = {updates, compared, orders: crowd.orders};
    assert.ok(updates >= seconds && compared >= updates / 4, JSON.stringify(underLoad));

    let whole = 0;
    for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
      await crowd.burst(1 + Math.floor(crowd.choose() * 20));
      const due = await rest(house.base);
      await until(`the event that ends with ${due.lastUpdateId}`, () => {
        take();
        return book.id >= due.lastUpdateId;
      });
      assert.equal(book.id, due.lastUpdateId);
      assert.deepEqual(book.levels(), {bids: due.bids, asks: due.asks}, `at ${book.id}`);
      whole += 1;
      streams.best.clear();
    }
    console.log(`under load: ${underLoad.orders} orders, ${underLoad.updates} updates, ${underLoad.compared} compared; then ${whole} compared with REST`);
    assert.ok(whole >= seconds / 2, `${whole}`);
    streams.socket.close();
    crowd.close();
  } finally {
    await house.dispose();
  }
});
