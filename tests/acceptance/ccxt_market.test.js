// An unmodified ccxt client reads market data and wallet, and edits orders; candles and tickers equal what the trades imply.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import ccxt from 'ccxt';
import {candleOfRow, candlesOf, intervals} from './candles.js';
import {client} from './clients.js';
import {Exchange} from './exchange.js';
import {units} from './money.js';
import {settle} from './settle.js';

const market = 'BTC/USDT';

describe('ccxt: market data, wallet, edited orders', () => {
  const house = new Exchange();
  const deposits = {alice: {BTC: '10', USDT: '1000000'}, bob: {BTC: '5.5', USDT: '250000.12345678'}};
  const traders = {};
  let alice, bob;
  const step = (name, body) => test(name, async () => { await body(); await settle(name, traders, deposits); });

  // A trade of this amount and price, in which bob takes on `side`.
  async function trade(side, amount, price, symbol = market) {
    await alice.createOrder(symbol, 'limit', side === 'buy' ? 'sell' : 'buy', amount, price);
    const taken = await bob.createOrder(symbol, 'limit', side, amount, price);
    assert.equal(taken.status, 'closed');
  }
  const allTrades = (id = 'BTCUSDT') => bob.publicGetHistoricalTrades({symbol: id, limit: 1000, fromId: 0});

  before(async () => {
    await house.start();
    for (const name of ['alice', 'bob']) {
      traders[name] = client(house.base, house.account(name, deposits[name]));
      await traders[name].loadMarkets();
    }
    ({alice, bob} = traders);
  });
  after(() => house.dispose());

  step('before the first trade: an empty market is an answer, not an error', async () => {
    assert.deepEqual(await alice.fetchOHLCV(market, '1m'), []);
    assert.deepEqual(await alice.fetchTrades(market), []);
    const ticker = await alice.fetchTicker(market);
    assert.equal(ticker.symbol, market);
    assert.equal(Number(ticker.baseVolume), 0);
  });

  step('trades over some seconds, with a second in which nothing happens', async () => {
    await trade('buy', '0.1', '50000');
    await trade('sell', '0.25', '49990.5');
    await sleep(2100);
    await trade('buy', '0.00123', '50321.09');
    await sleep(700);
    await trade('sell', '0.5', '49876.54');
    await trade('buy', '1.5', '50001');
    await trade('buy', '3', '0.05', 'ETH/BTC').catch(() => {});  // alice has no ETH: refused
    assert.equal((await allTrades()).length, 5);
  });

  for (const interval of intervals) {
    step(`fetchOHLCV ${interval} equals the candles of the trades, with since and limit`, async () => {
      const trades = await allTrades();
      // The period that is under way may change between question and comparison; the trades do not.
      const rows = (await alice.publicGetKlines({symbol: 'BTCUSDT', interval, limit: 1000})).map((row) => candleOfRow(row.map((v, i) => (i === 0 || i === 6 || i === 8 ? Number(v) : v))));
      assert.ok(rows.length > 0);
      const due = candlesOf(trades, interval, rows.at(-1).start);
      assert.deepEqual(rows, due.slice(-rows.length));
      assert.equal(rows.length, Math.min(due.length, 1000));

      const candles = await alice.fetchOHLCV(market, interval, undefined, 1000);
      const plain = ({start, open, high, low, close, volume}) => [start, ...[open, high, low, close, volume].map((value) => Number(value) / 1e8)];
      assert.deepEqual(candles.slice(0, due.length).map((candle) => candle.map(Number)), due.map(plain));
      const since = due.at(Math.min(1, due.length - 1)).start;
      const some = await alice.fetchOHLCV(market, interval, since, 2);
      assert.deepEqual(some.map((candle) => candle[0]), due.filter(({start}) => start >= since).slice(0, 2).map(({start}) => start));
      const latest = await alice.fetchOHLCV(market, interval, undefined, 1);
      assert.equal(latest.length, 1);
      assert.ok(latest[0][0] >= due.at(-1).start);
    });
  }

  step('fetchOHLCV refuses an interval it does not know', async () => {
    await assert.rejects(alice.publicGetKlines({symbol: 'BTCUSDT', interval: '7m'}), ccxt.BadRequest);
  });

  step('fetchTicker and fetchTickers equal what the trades imply', async () => {
    const trades = await allTrades(), prices = trades.map(({price}) => Number(price));
    const check = (ticker) => {
      assert.equal(Number(ticker.open), prices[0]);
      assert.equal(Number(ticker.last), prices.at(-1));
      assert.equal(Number(ticker.high), Math.max(...prices));
      assert.equal(Number(ticker.low), Math.min(...prices));
      assert.equal(units(ticker.info.volume), trades.reduce((sum, {qty}) => sum + units(qty), 0n));
      assert.equal(units(ticker.info.quoteVolume), trades.reduce((sum, {quoteQty}) => sum + units(quoteQty), 0n));
      assert.equal(Number(ticker.info.count), trades.length);
      assert.equal(String(ticker.info.firstId), String(trades[0].id));
      assert.equal(String(ticker.info.lastId), String(trades.at(-1).id));
    };
    check(await alice.fetchTicker(market));
    check(await alice.fetchTicker(market, {rolling: true}));
    const all = await alice.fetchTickers();
    assert.deepEqual(Object.keys(all).sort(), ['BTC/USDT', 'ETH/BTC', 'ETH/USDT', 'SOL/USDT']);
    check(all[market]);
    const two = await alice.fetchTickers([market, 'ETH/USDT']);
    assert.deepEqual(Object.keys(two).sort(), [market, 'ETH/USDT']);
    check(two[market]);
  });

  step('fetchTicker knows best bid and ask', async () => {
    const bid = await alice.createOrder(market, 'limit', 'buy', '0.5', '49000'), ask = await alice.createOrder(market, 'limit', 'sell', '0.25', '51000');
    const ticker = await bob.fetchTicker(market);
    assert.deepEqual([ticker.bid, ticker.bidVolume, ticker.ask, ticker.askVolume].map(Number), [49000, 0.5, 51000, 0.25]);
    const best = (await bob.fetchBidsAsks([market]))[market];
    assert.deepEqual([best.bid, best.bidVolume, best.ask, best.askVolume].map(Number), [49000, 0.5, 51000, 0.25]);
    for (const {id} of [bid, ask]) await alice.cancelOrder(id, market);
  });

  step('fetchTrades by aggregate trades: one taker order at one price is one', async () => {
    await alice.createOrder(market, 'limit', 'sell', '0.1', '50100');
    await alice.createOrder(market, 'limit', 'sell', '0.2', '50100');
    await alice.createOrder(market, 'limit', 'sell', '0.3', '50200');
    const taken = await bob.createOrder(market, 'limit', 'buy', '0.6', '50200');
    assert.equal(taken.status, 'closed');
    const trades = await bob.fetchTrades(market);  // ccxt's default: aggTrades
    const last = trades.slice(-2);
    assert.deepEqual(last.map(({amount}) => Number(amount)), [0.3, 0.3]);
    assert.deepEqual(last.map(({price}) => Number(price)), [50100, 50200]);
    assert.ok(last.every(({side}) => side === 'buy'));
    const sum = (list, key) => list.reduce((total, one) => total + units(String(one[key])), 0n);
    assert.equal(sum(trades, 'amount'), sum(await allTrades(), 'qty'));
  });

  step('fetchAvgPrice-like: the average of five minutes', async () => {
    const trades = await allTrades();
    const {price} = await alice.publicGetAvgPrice({symbol: 'BTCUSDT'});
    const volume = trades.reduce((sum, {qty}) => sum + Number(qty), 0), amount = trades.reduce((sum, {quoteQty}) => sum + Number(quoteQty), 0);
    assert.ok(Math.abs(Number(price) - amount / volume) < 0.01, `${price}, not ${amount / volume}`);
  });

  step('editOrder replaces price and amount, and moves the hold', async () => {
    const order = await alice.createOrder(market, 'limit', 'buy', '1', '45000');
    const edited = await alice.editOrder(order.id, market, 'limit', 'buy', '2', '45500.5');
    assert.notEqual(edited.id, order.id);
    assert.equal(edited.status, 'open');
    assert.equal(Number(edited.amount), 2);
    assert.equal(Number(edited.price), 45500.5);
    assert.equal((await alice.fetchOrder(order.id, market)).status, 'canceled');
    assert.deepEqual((await alice.fetchOpenOrders(market)).map(({id}) => id), [edited.id]);
    await alice.cancelOrder(edited.id, market);
  });

  step('editOrder that crosses fills', async () => {
    const ask = await bob.createOrder(market, 'limit', 'sell', '0.3', '50500');
    const order = await alice.createOrder(market, 'limit', 'buy', '0.1', '45000');
    const edited = await alice.editOrder(order.id, market, 'limit', 'buy', '0.3', '50500');
    assert.equal(edited.status, 'closed');
    assert.equal(Number(edited.average), 50500);
    assert.equal((await bob.fetchOrder(ask.id, market)).status, 'closed');
  });

  step('editOrder whose cancel or whose order is refused', async () => {
    await assert.rejects(alice.editOrder('123456789', market, 'limit', 'buy', '1', '45000'), ccxt.ExchangeError);
    const order = await alice.createOrder(market, 'limit', 'buy', '1', '45000');
    // Not enough money for the new one: the old one is gone all the same, as STOP_ON_FAILURE has it, and the hold with it.
    await assert.rejects(alice.editOrder(order.id, market, 'limit', 'buy', '100', '45000'), ccxt.ExchangeError);
    assert.equal((await alice.fetchOrder(order.id, market)).status, 'canceled');
    assert.deepEqual(await alice.fetchOpenOrders(market), []);
  });

  step('fetchTradingFees', async () => {
    const fees = await alice.fetchTradingFees();
    assert.deepEqual(Object.keys(fees).sort(), ['BTC/USDT', 'ETH/BTC', 'ETH/USDT', 'SOL/USDT']);
    for (const {maker, taker} of Object.values(fees)) assert.deepEqual([Number(maker), Number(taker)], [0.001, 0.001]);
  });

  step('fetchCurrencies lists every asset', async () => {
    const currencies = await alice.fetchCurrencies();
    assert.deepEqual(Object.keys(currencies).sort(), ['BTC', 'ETH', 'SOL', 'USDT']);
  });

  step('fetchDepositAddress: no chain is connected, and ccxt says so', async () => {
    await assert.rejects(alice.fetchDepositAddress('BTC'), ccxt.InvalidAddress);
    assert.deepEqual(await alice.fetchDeposits('BTC'), []);
    assert.deepEqual(await alice.fetchWithdrawals('BTC'), []);
  });

  step('fetchStatus', async () => {
    assert.equal((await alice.fetchStatus()).status, 'ok');
  });

  step('keys of RSA and Ed25519 sign as HMAC ones do', async () => {
    for (const type of ['rsa', 'ed25519']) {
      const trader = client(house.base, house.publicKeyAccount('alice', type));
      await trader.loadMarkets();
      const order = await trader.createOrder(market, 'limit', 'buy', '0.1', '44000');
      assert.equal((await alice.fetchOpenOrders(market)).at(0).id, order.id);
      await trader.cancelOrder(order.id, market);
      trader.secret = house.publicKeyAccount('alice', type).secret;  // of another key
      await assert.rejects(trader.privateGetAccount(), ccxt.AuthenticationError);
    }
  });

  step('market data are the same after a kill and a clean stop', async () => {
    const stable = async () => {
      const answers = [await allTrades(), await alice.publicGetAggTrades({symbol: 'BTCUSDT'}), await alice.publicGetTicker24hr({symbol: 'BTCUSDT'})];
      // Without what depends on the time of the question.
      for (const interval of ['1m', '1h', '1d']) answers.push((await alice.publicGetKlines({symbol: 'BTCUSDT', interval})).filter((row) => Number(row[8]) > 0));
      delete answers[2].closeTime, delete answers[2].openTime;
      return answers;
    };
    const before = await stable();
    for (const signal of ['SIGKILL', 'SIGTERM']) {
      await house.stop(signal);
      house.listen = new URL(house.base).host;
      await house.start();
      assert.deepEqual(await stable(), before);
    }
  });
});
