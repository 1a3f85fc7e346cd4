// Unmodified ccxt.pro clients watch the market and their accounts, and trade over the WebSocket API. What they have been told
// equals what REST says, and after every step balances equal what the fills imply. WATCH_SECONDS: how long the book is watched
// under load (10).
//
// What ccxt.pro 4.5 sends: to /ws/N (N counts up) SUBSCRIBE of `<symbol>@depth@100ms`, `@trade`, `@kline_<interval>`, `@ticker`,
// `@miniTicker`, `@bookTicker`, `!miniTicker@arr`, and UNSUBSCRIBE; to /ws-api/v3, where ids are texts and `returnRateLimits` is
// signed with the rest, order.place, order.test, order.cancelReplace, order.cancel, openOrders.cancelAll, order.status,
// openOrders.status, allOrders, myTrades, account.status, trades.historical (unsigned), klines, and
// userDataStream.subscribe.signature, on whose connection user events arrive. A book begins with REST's depth of 1,000 levels.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import ccxt from 'ccxt';
import {client, proClient} from './clients.js';
import {Crowd} from './crowd.js';
import {Exchange} from './exchange.js';
import {units} from './money.js';
import {settle} from './settle.js';
import {settles, until} from './wait.js';

const market = 'BTC/USDT', id = 'BTCUSDT';
const watchSeconds = Number(process.env.WATCH_SECONDS ?? 10);
const levels = (side) => [...side].map(([price, amount]) => [Number(price), Number(amount)]);

// Calls `watch` again and again until stopped, which throws what it threw; keeps what each call gave.
class Watcher {
  constructor(watch) {
    this.got = [];
    this.work = (async () => {
      while (!this.stopped) this.got.push(await watch());
    })();
    this.work.catch((error) => (this.failure = error));
  }
  // Until it has been told something. `nudge` makes something happen.
  async begins(nudge) {
    await until('the first message', async () => {
      if (this.failure) throw this.failure;
      if (this.got.length > 0) return true;
      await nudge?.();
      return false;
    });
  }
  stop() {
    this.stopped = true;
    if (this.failure) throw this.failure;
  }
}

describe('ccxt.pro', () => {
  const house = new Exchange();
  const deposits = {alice: {BTC: '10', USDT: '1000000'}, bob: {BTC: '5.5', USDT: '250000.12345678'}};
  const traders = {};  // over REST: what is true
  let alice, bob, keys, crowd;
  const pros = [];
  const pro = async (key, options) => {
    const one = await proClient(house.base, key, options);
    pros.push(one);
    await one.loadMarkets();
    return one;
  };
  const step = (name, body) => test(name, async () => { await body(); await settle(name, traders, deposits); });

  // A trade between bob, who makes, and alice, who takes, over REST.
  async function trade(side = 'buy', amount = '0.01', price = '50000') {
    await traders.bob.createOrder(market, 'limit', side === 'buy' ? 'sell' : 'buy', amount, price);
    return traders.alice.createOrder(market, 'limit', side, amount, price);
  }

  before(async () => {
    await house.start();
    keys = {alice: house.account('alice', deposits.alice), bob: house.account('bob', deposits.bob)};
    for (const name of ['alice', 'bob']) {
      traders[name] = client(house.base, keys[name]);
      await traders[name].loadMarkets();
    }
    alice = await pro(keys.alice);
    bob = await pro(keys.bob);
    crowd = new Crowd(house.base, ['carl', 'cora', 'cleo', 'curt'].map((name) => house.account(name, {BTC: '1000', USDT: '50000000'})));
  });
  after(async () => {
    crowd?.close();
    await Promise.allSettled(pros.map((one) => one.close()));
    await house.dispose();
  });

  step('watchTrades: every trade, once, as REST has it', async () => {
    const watcher = new Watcher(() => alice.watchTrades(market));
    await watcher.begins(trade);
    for (const side of ['buy', 'sell', 'buy']) await trade(side, '0.02', '50010.5');
    const due = await traders.alice.publicGetTrades({symbol: id, limit: 1000});
    await settles(() => {
      const seen = [...alice.trades[market]];
      const from = due.findIndex((one) => String(one.id) === seen[0].id);
      assert.ok(from >= 0 && due.length - from >= 4);
      assert.deepEqual(seen.map((one) => [one.id, one.price, one.amount, one.side, one.timestamp]),
                       due.slice(from).map((one) => [String(one.id), Number(one.price), Number(one.qty), one.isBuyerMaker ? 'sell' : 'buy', Number(one.time)]));
    });
    watcher.stop();
  });

  step('watchTrades of aggregate trades', async () => {
    const reader = await pro(undefined, {watchTrades: {name: 'aggTrade'}});
    const watcher = new Watcher(() => reader.watchTrades(market));
    await watcher.begins(trade);
    for (const amount of ['0.01', '0.02']) await traders.bob.createOrder(market, 'limit', 'sell', amount, '50020');
    await traders.alice.createOrder(market, 'limit', 'buy', '0.03', '50020');
    const due = await traders.alice.publicGetAggTrades({symbol: id, limit: 1000});
    assert.deepEqual([due.at(-1).q, due.at(-1).p].map(Number), [0.03, 50020]);
    await settles(() => {
      const seen = [...reader.trades[market]].map((one) => [one.id, one.amount]);
      assert.deepEqual(seen, due.slice(-seen.length).map((one) => [String(one.a), Number(one.q)]));
    });
    watcher.stop();
  });

  step('watchOHLCV: candles of a second and of a minute, as REST has them', async () => {
    for (const interval of ['1s', '1m']) {
      const watcher = new Watcher(() => alice.watchOHLCV(market, interval));
      await watcher.begins(trade);
      for (const [side, price] of [['buy', '50100'], ['sell', '49900'], ['buy', '50001']]) await trade(side, '0.015', price);
      await settles(async () => {
        const seen = [...alice.ohlcvs[market][interval]];
        const due = await traders.alice.fetchOHLCV(market, interval, seen[0][0], 1000);
        assert.ok(seen.some((candle) => candle[5] > 0));
        const told = new Set(seen.map((candle) => candle[0]));
        assert.deepEqual(seen.map((candle) => [...candle]), due.map((candle) => candle.map(Number)).filter((candle) => told.has(candle[0])));
        // Whatever had a trade since the first one was told.
        for (const candle of due) assert.ok(Number(candle[5]) === 0 || told.has(candle[0]), `the candle of ${candle[0]} was never told`);
      });
      watcher.stop();
    }
  });

  step('watchTicker, watchTickers and watchBidsAsks equal REST', async () => {
    // The names of ccxt's streams: without one it watches the mini ticker.
    const full = await pro(), rolling = await pro(), all = await pro();
    const watchers = [new Watcher(() => full.watchTicker(market, {name: 'ticker'})), new Watcher(() => rolling.watchTicker(market, {name: 'ticker_1h'})),
                      new Watcher(() => alice.watchTicker(market)), new Watcher(() => bob.watchTickers([market, 'ETH/USDT'])),
                      new Watcher(() => all.watchTickers()), new Watcher(() => bob.watchBidsAsks([market]))];
    for (const watcher of watchers) await watcher.begins(trade);
    await traders.alice.createOrder(market, 'limit', 'buy', '0.7', '49123.45');
    await traders.bob.createOrder(market, 'limit', 'sell', '0.3', '50987.65');
    await trade('buy', '0.033', '50005.05');
    await settles(async () => {
      const due = await traders.alice.fetchTicker(market);
      const numbers = (ticker, names) => names.map((name) => Number(ticker[name]));
      const mini = ['open', 'high', 'low', 'last', 'baseVolume', 'quoteVolume'], most = [...mini, 'change', 'percentage', 'vwap'];
      const whole = [...most, 'bid', 'bidVolume', 'ask', 'askVolume'];
      assert.deepEqual(numbers(full.tickers[market], whole), numbers(due, whole));
      assert.deepEqual(numbers(rolling.tickers[market], most), numbers(due, most));
      for (const reader of [alice, bob, all]) assert.deepEqual(numbers(reader.tickers[market], mini), numbers(due, mini));
      assert.deepEqual(numbers(bob.bidsasks[market], ['bid', 'bidVolume', 'ask', 'askVolume']), [49123.45, 0.7, 50987.65, 0.3]);
    });
    for (const watcher of watchers) watcher.stop();
    for (const name of ['alice', 'bob']) await traders[name].cancelAllOrders(market);
  });

  test(`watchOrderBook under load for ${watchSeconds} s: no gap, and equal to REST at the end`, async () => {
    const watcher = new Watcher(() => bob.watchOrderBook(market));
    crowd.start();
    await watcher.begins();
    await new Promise((done) => setTimeout(done, watchSeconds * 1000));
    await crowd.stop();
    await settles(async () => {
      const due = await traders.alice.fetchOrderBook(market, 1000), seen = bob.orderbooks[market];
      assert.equal(seen.nonce, due.nonce);
      assert.deepEqual([levels(seen.bids), levels(seen.asks)], [levels(due.bids), levels(due.asks)]);
      assert.ok(seen.bids.length > 5 && seen.asks.length > 5);
    });
    watcher.stop();
    assert.ok(watcher.got.length >= watchSeconds, `${watcher.got.length} updates`);
    console.log(`${crowd.orders} orders, ${watcher.got.length} updates of the book`);
  });

  step('watchOrders, watchMyTrades and watchBalance: all that happens to an account', async () => {
    await Promise.all(crowd.members.map(({rest}) => rest.call('DELETE', '/api/v3/openOrders', {symbol: id})));
    const watchers = [];
    for (const one of [alice, bob]) {
      await one.authenticate({type: 'spot'});
      watchers.push(new Watcher(() => one.watchOrders()), new Watcher(() => one.watchMyTrades()), new Watcher(() => one.watchBalance()));
    }
    const order = await traders.alice.createOrder(market, 'limit', 'buy', '1', '49000', {clientOrderId: 'watched'});
    await traders.bob.createOrder(market, 'limit', 'sell', '0.4', '49000');
    const other = await traders.bob.createOrder(market, 'limit', 'sell', '0.2', '51000');
    await traders.alice.createOrder(market, 'market', 'buy', '0.1');
    await traders.alice.cancelOrder(order.id, market);
    const moved = await traders.bob.editOrder(other.id, market, 'limit', 'sell', '0.3', '52000');
    await traders.bob.createOrder(market, 'limit', 'buy', '1', '45000', {timeInForce: 'IOC'});
    await traders.bob.cancelOrder(moved.id, market);
    for (const [name, one] of [['alice', alice], ['bob', bob]]) {
      await settles(async () => {
        assert.ok(one.orders.length >= 2);
        for (const seen of one.orders) {
          const due = await traders[name].fetchOrder(seen.id, market);
          const facts = (order) => ['id', 'clientOrderId', 'status', 'type', 'side', 'timeInForce', 'amount', 'filled', 'remaining', 'cost', 'price'].map((key) => [key, isNaN(order[key]) ? order[key] : Number(order[key])]);
          assert.deepEqual(facts(seen), facts(due));
        }
        const fills = await traders[name].privateGetMyTrades({symbol: id, limit: 1000});
        const told = [...one.myTrades].map((fill) => [fill.id, fill.order, fill.price, fill.amount, fill.fee.cost, fill.fee.currency, fill.takerOrMaker]);
        assert.deepEqual(told, fills.slice(-told.length).map((fill) => [String(fill.id), String(fill.orderId), Number(fill.price), Number(fill.qty), Number(fill.commission), fill.commissionAsset, fill.isMaker ? 'maker' : 'taker']));
        const account = await traders[name].privateGetAccount();
        for (const {asset, free, locked} of account.balances) {
          if (!one.balance.spot[asset]) continue;
          assert.equal(one.balance.spot[asset].free, Number(free), asset);
          assert.equal(one.balance.spot[asset].used, Number(locked), asset);
        }
        assert.ok(one.balance.spot.BTC && one.balance.spot.USDT);
      });
    }
    for (const watcher of watchers) watcher.stop();
    assert.equal(alice.orders.find((one) => one.id === order.id).status, 'canceled');
    assert.equal(Number(alice.orders.find((one) => one.id === order.id).filled), 0.4);
  });

  step('watchBalance hears of a deposit', async () => {
    const watcher = new Watcher(() => alice.watchBalance());
    deposits.alice.USDT = '1000100.5';
    const before = units((await traders.alice.privateGetAccount()).balances.find(({asset}) => asset === 'USDT').free);
    house.cli('deposit', '--account', 'alice', '--asset', 'USDT', '--amount', '100.5');
    await settles(() => assert.equal(alice.balance.spot.USDT.free, Number(before + units('100.5')) / 1e8));
    watcher.stop();
  });

  step('createOrderWs, fetchOrderWs, cancelOrderWs', async () => {
    const order = await alice.createOrderWs(market, 'limit', 'buy', 0.5, 48000);
    assert.equal(order.status, 'open');
    assert.deepEqual([order.amount, order.price, order.filled], [0.5, 48000, 0]);
    assert.equal((await traders.alice.fetchOrder(order.id, market)).status, 'open');
    assert.equal((await alice.fetchOrderWs(order.id, market)).id, order.id);
    const cancelled = await alice.cancelOrderWs(order.id, market);
    assert.deepEqual([cancelled.id, cancelled.status], [order.id, 'canceled']);
    assert.equal((await alice.fetchOrderWs(order.id, market)).status, 'canceled');
  });

  step('createOrderWs of every kind', async () => {
    const ask = await bob.createOrderWs(market, 'limit', 'sell', 0.5, 50500);
    const bought = await alice.createOrderWs(market, 'market', 'buy', 0.1);
    assert.deepEqual([bought.status, bought.filled, bought.average], ['closed', 0.1, 50500]);
    const maker = await alice.createOrderWs(market, 'LIMIT_MAKER', 'buy', 0.1, 50000);
    assert.deepEqual([maker.status, maker.postOnly], ['open', true]);
    await assert.rejects(alice.createOrderWs(market, 'LIMIT_MAKER', 'buy', 0.1, 50500), ccxt.OrderImmediatelyFillable);
    const now = await alice.createOrderWs(market, 'limit', 'buy', 1, 50500, {timeInForce: 'IOC'});
    assert.deepEqual([now.status, now.filled], ['expired', 0.4]);
    assert.equal((await bob.fetchOrderWs(ask.id, market)).status, 'closed');
    await alice.createOrderWs(market, 'limit', 'buy', 0.1, 47000, {test: true});
    // Parameters by their published names: over WebSocket ccxt sends its own ones (postOnly, clientOrderId) along, and what no
    // order knows is refused (-1104) as over REST.
    await alice.createOrderWs(market, 'limit', 'buy', 0.1, 46000, {newClientOrderId: 'mine-1'});
    assert.equal((await alice.fetchOrderWs(undefined, market, {origClientOrderId: 'mine-1'})).price, 46000);
    await assert.rejects(alice.createOrderWs(market, 'limit', 'buy', 0.1, 46000, {clientOrderId: 'mine-2'}), /-1104/);
    await alice.cancelOrderWs(undefined, market, {clientOrderId: 'mine-1'});
    await alice.cancelOrderWs(maker.id, market);
    assert.deepEqual(await alice.fetchOpenOrdersWs(market), []);
  });

  step('editOrderWs replaces, and fills when it crosses', async () => {
    const order = await alice.createOrderWs(market, 'limit', 'buy', 0.5, 48000);
    const edited = await alice.editOrderWs(order.id, market, 'limit', 'buy', 0.6, 48100);
    assert.notEqual(edited.id, order.id);
    assert.deepEqual([edited.status, edited.amount, edited.price], ['open', 0.6, 48100]);
    assert.equal((await alice.fetchOrderWs(order.id, market)).status, 'canceled');
    await bob.createOrderWs(market, 'limit', 'sell', 0.2, 48500);
    const crossed = await alice.editOrderWs(edited.id, market, 'limit', 'buy', 0.2, 48500);
    assert.deepEqual([crossed.status, crossed.average], ['closed', 48500]);
    await assert.rejects(alice.editOrderWs('123456789', market, 'limit', 'buy', 0.1, 48000), ccxt.ExchangeError);
  });

  step('cancelAllOrdersWs', async () => {
    for (const price of [47000, 47001, 47002]) await alice.createOrderWs(market, 'limit', 'buy', 0.1, price);
    assert.equal((await alice.fetchOpenOrdersWs(market)).length, 3);
    const cancelled = await alice.cancelAllOrdersWs(market);
    assert.deepEqual(cancelled.map(({status}) => status), ['canceled', 'canceled', 'canceled']);
    assert.deepEqual(await alice.fetchOpenOrdersWs(market), []);
  });

  step('fetchBalanceWs, fetchOrdersWs, fetchMyTradesWs, fetchTradesWs, fetchOHLCVWs equal REST', async () => {
    // ccxt reads this answer as that of a futures account; what it was told is in `info`.
    assert.deepEqual((await alice.fetchBalanceWs()).info.balances, (await traders.alice.privateGetAccount()).balances);
    const ids = (list) => list.map((one) => one.id);
    assert.deepEqual(ids(await alice.fetchOrdersWs(market)), ids(await traders.alice.fetchOrders(market)));
    assert.deepEqual(ids(await alice.fetchClosedOrdersWs(market)), ids(await traders.alice.fetchClosedOrders(market)));
    assert.deepEqual(ids(await alice.fetchMyTradesWs(market, undefined, 1000)), ids(await traders.alice.fetchMyTrades(market, undefined, 1000)));
    assert.deepEqual(ids(await alice.fetchTradesWs(market, undefined, 500)), ids(await traders.alice.fetchTrades(market, undefined, 500, {fetchTradesMethod: 'publicGetHistoricalTrades'})));
    await settles(async () => assert.deepEqual((await alice.fetchOHLCVWs(market, '1m', undefined, 10)).map((candle) => candle.map(Number)),
                                               (await traders.alice.fetchOHLCV(market, '1m', undefined, 10)).map((candle) => candle.map(Number))));
  });

  step('errors over the WebSocket API are those of REST', async () => {
    await assert.rejects(alice.createOrderWs(market, 'limit', 'buy', 100, 49000), ccxt.InsufficientFunds);
    await assert.rejects(alice.createOrderWs(market, 'limit', 'buy', 0.00001, 100), /NOTIONAL/);
    await assert.rejects(alice.cancelOrderWs('123456789', market), ccxt.OrderNotFound);
    await assert.rejects(alice.fetchOrderWs('123456789', market), ccxt.OrderNotFound);
    const stranger = await pro({...keys.alice, secret: 'x'.repeat(64)}, {fetchCurrencies: false});
    await assert.rejects(stranger.createOrderWs(market, 'limit', 'buy', 0.1, 48000), ccxt.AuthenticationError);
  });

  step('keys of RSA and Ed25519 trade and watch over WebSocket', async () => {
    for (const type of ['rsa', 'ed25519']) {
      const one = await pro(house.publicKeyAccount('alice', type));
      await one.authenticate({type: 'spot'});
      const watcher = new Watcher(() => one.watchOrders(market));
      const order = await one.createOrderWs(market, 'limit', 'buy', 0.1, 47000);
      await one.cancelOrderWs(order.id, market);
      await settles(() => assert.equal(one.orders?.find((seen) => seen.id === order.id)?.status, 'canceled'));
      watcher.stop();
    }
  });

  step('unWatch ends what was watched, and watching again begins anew', async () => {
    const reader = await pro();
    let watcher = new Watcher(() => reader.watchOrderBook(market));
    await watcher.begins(trade);
    watcher.stop();
    await reader.unWatchOrderBook(market);
    assert.equal(reader.orderbooks[market], undefined);
    watcher = new Watcher(() => reader.watchOrderBook(market));
    await watcher.begins(trade);
    watcher.stop();
    const trades = new Watcher(() => reader.watchTrades(market));
    await trades.begins(trade);
    trades.stop();
    await reader.unWatchTrades(market);
  });

  test('exchange verify agrees', async () => {
    assert.equal(house.cli('verify').ok, true);
  });
});
