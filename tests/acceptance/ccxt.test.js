// An unmodified ccxt client trades on the exchange; after every step its balances equal what its fills imply.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import ccxt from 'ccxt';
import {client} from './clients.js';
import {Exchange} from './exchange.js';
import {settle} from './settle.js';

const market = 'BTC/USDT';

describe('ccxt', () => {
  const house = new Exchange();
  const deposits = {alice: {BTC: '10', USDT: '1000000'}, bob: {BTC: '5.5', USDT: '250000.12345678'}};
  const traders = {};
  let alice, bob, keys;

  const step = (name, body) => test(name, async () => { await body(); await settle(name, traders, deposits); });

  before(async () => {
    await house.start();
    keys = {alice: house.account('alice', deposits.alice), bob: house.account('bob', deposits.bob)};
    alice = traders.alice = client(house.base, keys.alice);
    bob = traders.bob = client(house.base, keys.bob);
    await alice.loadMarkets();
    await bob.loadMarkets();
  });
  after(() => house.dispose());

  step('loadMarkets lists the four markets with their steps', async () => {
    assert.deepEqual(Object.keys(alice.markets).sort(), ['BTC/USDT', 'ETH/BTC', 'ETH/USDT', 'SOL/USDT']);
    const btc = alice.market(market);
    assert.ok(btc.spot && btc.active);
    assert.equal(Number(btc.precision.price), 0.01);
    assert.equal(Number(btc.precision.amount), 0.00001);
    assert.ok(Object.keys(alice.currencies).length >= 4);
  });

  step('loadMarkets with ccxt\'s default options works too', async () => {
    const plain = client(house.base, keys.alice, {fetchMarkets: undefined, defaultType: 'spot'});
    plain.options.fetchMarkets = new ccxt.binance().options.fetchMarkets;
    await plain.loadMarkets();
    assert.ok(plain.markets[market]);
  });

  step('fetchTime and fetchStatus-like calls', async () => {
    assert.ok(Math.abs(Number(await alice.fetchTime()) - Date.now()) < 5000);
  });

  let resting;
  step('createOrder limit rests and holds its cost', async () => {
    resting = await alice.createOrder(market, 'limit', 'sell', '1', '50000');
    assert.equal(resting.status, 'open');
    assert.equal(Number(resting.remaining), 1);
    await alice.createOrder(market, 'limit', 'buy', '2', '49000');
    const book = await bob.fetchOrderBook(market);
    assert.deepEqual(book.asks.map((level) => level.map(Number)), [[50000, 1]]);
    assert.deepEqual(book.bids.map((level) => level.map(Number)), [[49000, 2]]);
  });

  step('createOrder limit that crosses fills at the maker\'s price', async () => {
    const taken = await bob.createOrder(market, 'limit', 'buy', '0.4', '51000');
    assert.equal(taken.status, 'closed');
    assert.equal(Number(taken.average), 50000);
    assert.equal(Number(taken.filled), 0.4);
    const maker = await alice.fetchOrder(resting.id, market);
    assert.equal(Number(maker.filled), 0.4);
    assert.equal(maker.status, 'open');
  });

  step('createOrder market by amount, buy and sell', async () => {
    const bought = await bob.createOrder(market, 'market', 'buy', '0.10001');
    assert.equal(bought.status, 'closed');
    assert.equal(Number(bought.average), 50000);
    const sold = await bob.createOrder(market, 'market', 'sell', '0.3');
    assert.equal(Number(sold.average), 49000);
  });

  step('createOrder market by cost', async () => {
    const bought = await bob.createMarketBuyOrderWithCost(market, '777.77');
    assert.equal(bought.status, 'closed');
    assert.equal(Number(bought.filled), 0.01555);  // 777.77 / 50000 to the nearest lot at or below
  });

  step('createOrder post-only rests, or is refused when it would match', async () => {
    const maker = await bob.createOrder(market, 'limit', 'buy', '0.5', '49500', {postOnly: true});
    assert.equal(maker.status, 'open');
    assert.equal(maker.info.type, 'LIMIT_MAKER');
    await assert.rejects(bob.createOrder(market, 'limit', 'buy', '0.5', '50000', {postOnly: true}), ccxt.OrderImmediatelyFillable);
    await bob.cancelOrder(maker.id, market);
  });

  step('createOrder IOC takes what is there and expires the rest', async () => {
    const taken = await bob.createOrder(market, 'limit', 'buy', '3', '50000', {timeInForce: 'IOC'});
    assert.equal(taken.status, 'expired');
    assert.ok(Number(taken.filled) > 0 && Number(taken.filled) < 3);
  });

  step('createOrder FOK all or nothing', async () => {
    await alice.createOrder(market, 'limit', 'sell', '1.5', '50010');
    const none = await bob.createOrder(market, 'limit', 'buy', '2', '50010', {timeInForce: 'FOK'});
    assert.equal(none.status, 'expired');
    assert.equal(Number(none.filled), 0);
    const all = await bob.createOrder(market, 'limit', 'buy', '1.5', '50020', {timeInForce: 'FOK'});
    assert.equal(all.status, 'closed');
    assert.equal(Number(all.average), 50010);
  });

  step('createOrder iceberg shows its peak in the book', async () => {
    const order = await alice.createOrder(market, 'limit', 'sell', '1', '61000', {icebergAmount: '0.2'});
    const {asks} = await alice.fetchOrderBook(market);
    assert.ok(asks.some(([price, amount]) => price === 61000 && amount === 0.2));
    assert.equal(Number((await alice.fetchOrder(order.id, market)).info.icebergQty), 0.2);
    await assert.rejects(alice.createOrder(market, 'limit', 'sell', '1', '61000', {icebergAmount: '0.009'}), /ICEBERG_PARTS/);
    await alice.cancelOrder(order.id, market);
  });

  step('createOrder stop, take-profit and trailing wait for their price', async () => {
    const at = (kind, price) => ({[`${kind}Price`]: price});
    const trails = {trailingPercent: '1.5', stopLossOrTakeProfit: 'stopLoss'};
    const orders = [
      await alice.createOrder(market, 'market', 'sell', '0.1', undefined, at('stopLoss', '40000')),
      await alice.createOrder(market, 'limit', 'sell', '0.1', '39000', at('stopLoss', '40000')),
      await alice.createOrder(market, 'market', 'sell', '0.1', undefined, at('takeProfit', '60000')),
      await alice.createOrder(market, 'limit', 'buy', '0.1', '39000', at('takeProfit', '40000')),
      await alice.createOrder(market, 'limit', 'sell', '0.1', '39000', trails),
    ];
    const shown = await Promise.all(orders.map((order) => alice.fetchOrder(order.id, market)));
    assert.deepEqual(shown.map((order) => order.info.type),
      ['STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT', 'STOP_LOSS_LIMIT']);
    assert.ok(shown.every((order) => order.status === 'open' && order.info.isWorking === false));
    assert.equal(Number(shown[0].triggerPrice), 40000);
    assert.equal(Number(shown[4].info.trailingDelta), 150);
    await assert.rejects(bob.createOrder(market, 'market', 'sell', '0.1', undefined, at('takeProfit', '40000')),
      ccxt.OrderImmediatelyFillable);
    await assert.rejects(alice.createOrder(market, 'market', 'sell', '0.1', undefined, at('stopLoss', '40000')), /MAX_NUM_ALGO_ORDERS/);
    await settle('conditional orders wait', traders, deposits);
    for (const order of orders) await alice.cancelOrder(order.id, market);
  });

  step('cancelOrder gives the hold back', async () => {
    const order = await alice.createOrder('ETH/USDT', 'limit', 'buy', '3', '1234.56');
    const cancelled = await alice.cancelOrder(order.id, 'ETH/USDT');
    assert.equal(cancelled.status, 'canceled');
    assert.equal((await alice.fetchOrder(order.id, 'ETH/USDT')).status, 'canceled');
  });

  step('a client order id finds and cancels its order', async () => {
    const order = await alice.createOrder('SOL/USDT', 'limit', 'buy', '10', '100', {clientOrderId: 'my-order_1'});
    assert.equal(order.clientOrderId, 'my-order_1');
    assert.equal((await alice.fetchOrder(undefined, 'SOL/USDT', {clientOrderId: 'my-order_1'})).id, order.id);
    await assert.rejects(alice.createOrder('SOL/USDT', 'limit', 'buy', '10', '100', {clientOrderId: 'my-order_1'}), ccxt.ExchangeError);
    await alice.cancelOrder(undefined, 'SOL/USDT', {clientOrderId: 'my-order_1'});
  });

  step('cancelAllOrders', async () => {
    for (const price of ['900', '901', '902']) await alice.createOrder('ETH/USDT', 'limit', 'buy', '1', price);
    assert.equal((await alice.fetchOpenOrders('ETH/USDT')).length, 3);
    await alice.cancelAllOrders('ETH/USDT');
    assert.equal((await alice.fetchOpenOrders('ETH/USDT')).length, 0);
  });

  step('a third market, both of whose assets are traded elsewhere', async () => {
    deposits.bob.ETH = '20';
    house.cli('deposit', '--account', 'bob', '--asset', 'ETH', '--amount', '20');
    await bob.createOrder('ETH/BTC', 'limit', 'sell', '7.123', '0.05123');
    const bought = await alice.createOrder('ETH/BTC', 'limit', 'buy', '5.001', '0.06');
    assert.equal(Number(bought.average), 0.05123);
  });

  step('fetchTrades, fetchOpenOrders, fetchOrders, fetchClosedOrders, fetchMyTrades agree', async () => {
    const trades = await alice.fetchTrades(market, undefined, undefined, {fetchTradesMethod: 'publicGetTrades'});
    assert.ok(trades.length >= 6);
    const fills = await bob.fetchMyTrades(market);
    assert.equal(fills.length, trades.length);  // bob is on one side of each
    for (const fill of fills) {
      const trade = trades.find((candidate) => candidate.id === fill.id);
      assert.equal(trade.price, fill.price);
      assert.equal(trade.amount, fill.amount);
      assert.equal(trade.timestamp, fill.timestamp);
    }
    const orders = await bob.fetchOrders(market);
    const closed = await bob.fetchClosedOrders(market), open = await bob.fetchOpenOrders(market);
    assert.deepEqual(orders.map((order) => order.id), [...orders.map((order) => order.id)].sort((a, b) => Number(BigInt(a) - BigInt(b))));
    for (const order of closed) assert.equal(order.status, 'closed');
    for (const order of open) assert.equal(order.status, 'open');
    for (const order of orders) {
      const mine = fills.filter((fill) => fill.order === order.id);
      const filled = mine.reduce((sum, fill) => sum + BigInt(Math.round(Number(fill.amount) * 1e8)), 0n);
      assert.equal(filled, BigInt(Math.round(Number(order.filled) * 1e8)), `fills of order ${order.id}`);
    }
  });

  step('fetchTicker-like prices: last price and best bid and ask', async () => {
    const best = await alice.fetchBidsAsks([market]);
    assert.equal(Number(best[market].bid), 49000);
    const last = await alice.fetchLastPrices([market]);
    assert.equal(Number(last[market].price), 50010);
  });

  step('fetchTradingFee', async () => {
    const fee = await alice.fetchTradingFee(market);
    assert.equal(Number(fee.maker), 0.001);
    assert.equal(Number(fee.taker), 0.001);
  });

  step('errors: InsufficientFunds, InvalidOrder, OrderNotFound, BadSymbol', async () => {
    await assert.rejects(alice.createOrder(market, 'limit', 'buy', '30', '49000'), ccxt.InsufficientFunds);
    const odd = {symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', price: '49000'};
    await assert.rejects(alice.privatePostOrder({...odd, quantity: '10000000'}), ccxt.InvalidOrder);  // LOT_SIZE
    await assert.rejects(alice.createOrder(market, 'limit', 'buy', '0.00001', '100'), /NOTIONAL/);
    await assert.rejects(alice.privatePostOrder({symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '50000.005'}), ccxt.InvalidOrder);
    await assert.rejects(alice.cancelOrder('123456789', market), ccxt.OrderNotFound);
    await assert.rejects(alice.fetchOrder('123456789', market), ccxt.OrderNotFound);
    await assert.rejects(alice.publicGetDepth({symbol: 'NOPEUSDT'}), ccxt.BadSymbol);
    await assert.rejects(alice.fetchOrderBook('NOPE/USDT'), ccxt.BadSymbol);
  });

  step('errors: AuthenticationError, InvalidNonce', async () => {
    await assert.rejects(client(house.base, {...keys.alice, secret: 'x'.repeat(64)}).privateGetAccount(), ccxt.AuthenticationError);
    await assert.rejects(client(house.base, {...keys.alice, api_key: 'y'.repeat(64)}).privateGetAccount(), ccxt.AuthenticationError);
    const late = client(house.base, keys.alice);
    late.nonce = () => Date.now() - 60_000;
    await assert.rejects(late.privateGetAccount(), ccxt.InvalidNonce);
  });

  test('errors: RateLimitExceeded under the binance limits', async () => {
    const strict = new Exchange({limits: 'binance'});
    try {
      await strict.start();
      const reader = client(strict.base);
      let refused;
      for (let i = 0; i < 400 && !refused; ++i) await reader.publicGetExchangeInfo().catch((error) => (refused = error));
      assert.ok(refused instanceof ccxt.RateLimitExceeded || refused instanceof ccxt.DDoSProtection, `${refused}`);
    } finally {
      await strict.dispose();
    }
  });

  step('all of it is still there after kill -9 and after a clean stop', async () => {
    for (const signal of ['SIGKILL', 'SIGTERM']) {
      const orders = await alice.fetchOrders(market), trades = await bob.fetchMyTrades(market), book = await bob.fetchOrderBook(market);
      const end = await house.stop(signal);
      if (signal === 'SIGTERM') assert.equal(end.code, 0, house.output);
      house.listen = new URL(house.base).host;
      await house.start();
      assert.deepEqual(await alice.fetchOrders(market), orders);
      assert.deepEqual(await bob.fetchMyTrades(market), trades);
      const again = await bob.fetchOrderBook(market);
      assert.deepEqual([again.bids, again.asks], [book.bids, book.asks]);
    }
  });

  test('exchange verify agrees, running and stopped', async () => {
    assert.equal(house.cli('verify').ok, true);
    await house.stop();
    assert.equal(house.cli('verify').ok, true);
  });
});
