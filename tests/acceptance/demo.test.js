// `exchange demo` from outside: a market that lives, a key that works, a page that asks nobody but its server.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {Script} from 'node:vm';
import {binary, Exchange} from './exchange.js';
import {Rest} from './rest.js';
import {until} from './wait.js';

const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'ETHBTC'];

async function house(options, body) {
  const exchange = new Exchange({words: ['demo'], ...options});
  try {
    await body(exchange);
  } finally {
    await exchange.dispose();
  }
}
const get = async (exchange, path) => (await fetch(exchange.base + path)).json();
const trades = (exchange, symbol) => get(exchange, `/api/v3/trades?symbol=${symbol}&limit=1000`);
const printedKey = ({output}) => ({api_key: /API key {2}(\w+)/.exec(output)[1], secret: /secret {3}(\w+)/.exec(output)[1]});

test('a market that lives, on all four markets, and goes on after a stop and a kill', async () => {
  await house({}, async (exchange) => {
    await exchange.start();
    assert.match(exchange.output, /The market, live: http:\/\/127\.0\.0\.1:\d+\//);
    for (const symbol of symbols) {
      await until(`trades on ${symbol}`, async () => (await trades(exchange, symbol)).length >= 3, 60);
      const {bids, asks} = await get(exchange, `/api/v3/depth?symbol=${symbol}`);
      assert.ok(bids.length >= 5 && asks.length >= 5, `${symbol}: ${bids.length} bids, ${asks.length} asks`);
      assert.ok(Number(bids[0][0]) < Number(asks[0][0]));
    }

    const key = printedKey(exchange), rest = new Rest(exchange.base, key);
    const account = (await rest.call('GET', '/api/v3/account')).body;
    assert.deepEqual(Object.fromEntries(account.balances.map(({asset, free}) => [asset, Number(free)])), {BTC: 10, ETH: 100, SOL: 1000, USDT: 100000});
    const bought = (await rest.call('POST', '/api/v3/order', {symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quoteOrderQty: '100'})).body;
    assert.equal(bought.status, 'FILLED', JSON.stringify(bought));
    rest.close();

    for (const signal of ['SIGTERM', 'SIGKILL']) {
      const last = Number((await trades(exchange, 'BTCUSDT')).at(-1).price);
      const before = exchange.cli('status').demo_commands;
      assert.ok(before > 0);
      const ended = await exchange.stop(signal);
      if (signal === 'SIGTERM') assert.equal(ended.code, 0);
      assert.equal(exchange.cli('verify').ok, true);
      await exchange.start();
      assert.deepEqual(printedKey(exchange), key);
      const known = (await trades(exchange, 'BTCUSDT')).length;
      await until('new trades', async () => (await trades(exchange, 'BTCUSDT')).length > known, 60);
      const now = Number((await trades(exchange, 'BTCUSDT')).at(-1).price);
      assert.ok(Math.abs(now / last - 1) < 0.02, `${last} became ${now}`);
    }
    const status = exchange.cli('status');
    assert.ok(status.demo_commands_rejected <= 5 + status.demo_commands / 20, JSON.stringify(status));
  });
});

test('nobody trades where nobody is asked to', async () => {
  await house({}, async (exchange) => {
    const config = join(exchange.data, 'exchange.toml');
    exchange.flags = ['--config', config];
    writeFileSync(config, '[demo]\ncommands_per_s = 0\n');
    await exchange.start();
    const {durable_sequence} = exchange.cli('status');
    await sleep(500);
    assert.equal(exchange.cli('status').durable_sequence, durable_sequence);
    await exchange.stop();
    exchange.words = ['start', '--no-demo'];
    await exchange.start();
    assert.doesNotMatch(exchange.output, /API key/);
    await exchange.stop();
    writeFileSync(config, 'environment = "production"\n');
    const {status, stderr} = spawnSync(binary, ['demo', '--data', exchange.data, '--config', config], {encoding: 'utf8', timeout: 60_000});
    assert.equal(status, 2);
    assert.match(stderr, /production/);
  });
});

test('fast traders neither fill the disk nor keep clients waiting', async () => {
  await house({}, async (exchange) => {
    const config = join(exchange.data, 'exchange.toml');
    exchange.flags = ['--config', config];
    writeFileSync(config, '[demo]\ncommands_per_s = 10000\n[journal]\nsegment_mib = 1\n[snapshots]\ninterval_commands = 5000\n');
    await exchange.start();
    const folder = join(exchange.data, 'journal'), first = readdirSync(folder).sort()[0];
    await until('the first segment has left', () => !readdirSync(folder).includes(first), 180);
    const rest = new Rest(exchange.base, printedKey(exchange));
    for (let i = 0; i < 50; ++i) {
      const {status, body} = await rest.call('POST', '/api/v3/order', {symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.001', price: '20000'});
      assert.equal(status, 200, JSON.stringify(body));
    }
    rest.close();
    await exchange.stop();
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    assert.ok(bytes < 64 << 20, `${bytes} bytes of journal`);
    assert.equal(exchange.cli('verify').ok, true);
  });
});

test('the page: one file, nothing from elsewhere, a policy that says so', async () => {
  await house({words: ['start', '--no-demo']}, async (exchange) => {
    await exchange.start();
    const response = await fetch(`${exchange.base}/`), page = await response.text();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');

    const between = (name) => page.split(`<${name}>`)[1].split(`</${name}>`)[0];
    const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const policy = Object.fromEntries(response.headers.get('content-security-policy').split('; ').map((rule) => rule.split(/ (.*)/s)));
    assert.equal(policy['default-src'], "'none'");
    assert.equal(policy['script-src'], hash(between('script')));
    assert.equal(policy['style-src'], hash(between('style')));
    assert.equal(policy['connect-src'], "'self'");
    assert.equal(policy['frame-ancestors'], "'none'");
    assert.equal(page.match(/<script/g).length, 1);
    assert.equal(page.match(/<style/g).length, 1);

    const script = between('script'), rest = page.replace(script, '');
    new Script(script);  // parses
    assert.doesNotMatch(page, /\b(https?|wss?|ftp):\/\//, 'no address of anybody else');
    assert.doesNotMatch(rest, /\s(on\w+|style|src)=/, 'nothing that the policy would refuse');
    assert.doesNotMatch(rest, /url\(|@import/);
    assert.deepEqual([...rest.matchAll(/href="([^"]*)"/g)].map(([, to]) => to), ['data:,']);
    assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/, 'text is set as text');
    assert.ok(page.length < 64 << 10);
  });
});
