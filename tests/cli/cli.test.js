// The binary from outside: help, wrong usage, faults of the surroundings, operators' commands, kills and damage.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {createHash, generateKeyPairSync, sign} from 'node:crypto';
import {chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {binary, Exchange} from '../acceptance/exchange.js';
import {Rest} from '../acceptance/rest.js';
import {until} from '../acceptance/wait.js';

const run = (...words) => {
  const {status, stdout, stderr} = spawnSync(binary, words, {encoding: 'utf8', cwd: tmpdir(), timeout: 60_000});
  return {status, stdout, stderr};
};

// Ends with this code and says why in one line of standard error.
function assertFails(result, status, ...parts) {
  assert.equal(result.status, status, JSON.stringify(result));
  assert.equal(result.stderr.trimEnd().split('\n').length, 1, `one line, not:\n${result.stderr}`);
  for (const part of parts) assert.match(result.stderr, part);
}

async function house(options, body) {
  const exchange = new Exchange(options);
  try {
    await exchange.start();
    await body(exchange);
  } finally {
    await exchange.dispose();
  }
}

const order = (parameters) => ({symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: '50000', ...parameters});
const segment = (exchange) => join(exchange.data, 'journal', readdirSync(join(exchange.data, 'journal')).sort()[0]);
const lastByte = (bytes) => {
  let at = bytes.length - 1;
  while (at >= 0 && bytes[at] === 0) --at;
  return at;
};
const fingerprint = (folder) => {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
};

test('every command has help with an example', () => {
  const words = [['start'], ['demo'], ['keys', 'create'], ['keys', 'list'], ['keys', 'revoke'], ['deposit'], ['markets', 'list'], ['markets', 'add'], ['markets', 'halt'],
                 ['markets', 'resume'], ['verify'], ['inspect'], ['replay'], ['snapshot'], ['status'], ['bench', 'matching'], ['bench', 'shapes'], ['bench', 'core'], ['bench', 'journal'],
                 ['bench', 'pipeline'], ['bench', 'rest'], ['bench', 'websocket'], ['load', 'rest'], ['load', 'websocket']];
  for (const command of words) {
    const help = run(...command, '--help');
    assert.equal(help.status, 0, command.join(' '));
    assert.match(help.stdout, new RegExp(`Example:\\n  exchange ${command.join(' ')}`));
    assert.match(help.stdout, /--json/);
  }
  assert.equal(run('--help').status, 0);
  assert.match(run('--version').stdout, /^exchange \d+\.\d+\.\d+\n$/);
});

test('wrong usage ends with 2 and one line', () => {
  const wrong = [[], ['fly'], ['start', '--limits', 'none'], ['start', '--listen', '8080'], ['start', '--demo', '--no-demo'], ['start', '--port', '1'], ['keys'],
                 ['keys', 'create'], ['keys', 'create', '--account', 'a', '--type', 'rsa'], ['keys', 'revoke'], ['deposit', '--account', 'a'], ['markets', 'add', 'X'],
                 ['replay', '--until', 'x'], ['inspect', '--from', '-1'], ['bench', 'core', '--runs', '0'], ['bench'],
                 ['load'], ['load', 'rest'], ['load', 'rest', '--api-key', 'k'], ['load', 'rest', '--api-key', 'k', '--secret', 's', '--url', 'localhost'],
                 ['load', 'websocket', '--api-key', 'k', '--secret', 's', '--symbol', 'A&B'], ['load', 'rest', '--connections', '0']];
  for (const words of wrong) assertFails(run(...words), 2, /^exchange: /);
});

test('a bad configuration is named by file, line and key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exchange-cli-'));
  try {
    const file = join(folder, 'exchange.toml');
    writeFileSync(file, 'limits = "open"\n[journal]\nsegment_mib = "large"\n');
    assertFails(run('start', '--config', file), 2, /exchange\.toml line 3, journal\.segment_mib/, /1 to 1024/);
    writeFileSync(file, 'environment = "production"\n');
    assertFails(run('start', '--config', file, '--demo', '--data', join(folder, 'data')), 2, /production/);
    assertFails(run('start', '--config', join(folder, 'other.toml')), 3, /no such file/);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('port taken, second instance, no folder: one line and 3', async () => {
  await house({}, async (exchange) => {
    const address = new URL(exchange.base).host;
    const other = mkdtempSync(join(tmpdir(), 'exchange-cli-'));
    try {
      assertFails(run('start', '--data', other, '--listen', address), 3, /Address already in use/, /--listen/);
      assertFails(run('start', '--data', exchange.data, '--listen', '127.0.0.1:0'), 3, /another exchange is running/);
      writeFileSync(join(other, 'file'), '');
      assertFails(run('start', '--data', join(other, 'file', 'data'), '--listen', '127.0.0.1:0'), 3, /file: cannot make folder/, /--data/);
      assertFails(run('start', '--data', '/proc/exchange', '--listen', '127.0.0.1:0'), 3, /cannot make folder/, /--data/);
      assertFails(run('deposit', '--data', other, '--account', 'a', '--asset', 'BTC', '--amount', '1'), 3, /no exchange is running/, /exchange start/);
      assertFails(run('replay', '--data', join(other, 'nothing')), 3, /no exchange has ever run/);
      const nothing = run('verify', '--data', join(other, 'nothing'), '--json');
      assert.equal(nothing.status, 3);
      assert.equal(JSON.parse(nothing.stdout).ok, false);
    } finally {
      rmSync(other, {recursive: true});
    }
  });
});

test('a folder that cannot be written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exchange-cli-'));
  try {
    // Root writes everywhere, so as root the binary is somebody else, who must be able to reach it.
    const program = join(folder, 'exchange'), data = join(folder, 'closed'), counts = join(folder, 'counts');
    copyFileSync(binary, program);
    mkdirSync(data);
    mkdirSync(counts);
    chmodSync(counts, 0o777);
    chmodSync(data, 0o555);
    chmodSync(folder, 0o755);
    // A build that counts lines (dev/coverage) writes its counts where it may.
    const nobody = {...(process.getuid() === 0 ? {uid: 65534, gid: 65534} : {}), env: {...process.env, GCOV_PREFIX: counts}};
    for (const where of [data, join(data, 'new')]) {
      const {status, stdout, stderr} = spawnSync(program, ['start', '--data', where, '--listen', '127.0.0.1:0'], {encoding: 'utf8', timeout: 60_000, ...nobody});
      assertFails({status, stdout, stderr}, 3, /Permission denied/, /closed/);
    }
    assert.deepEqual(readdirSync(data), []);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('keys, deposits and markets', async () => {
  await house({}, async (exchange) => {
    const key = exchange.account('alice', {BTC: '1.5', USDT: '1000'});
    assert.match(key.api_key, /^[0-9A-Za-z]{64}$/);
    assert.match(key.secret, /^[0-9A-Za-z]{64}$/);
    const rest = new Rest(exchange.base, key);
    const free = async () => Object.fromEntries((await rest.call('GET', '/api/v3/account')).body.balances.map(({asset, free}) => [asset, free]));
    assert.deepEqual([(await free()).BTC, (await free()).USDT], ['1.50000000', '1000.00000000']);
    const data = ['--data', exchange.data];
    assertFails(run('deposit', ...data, '--account', 'alice', '--asset', 'BTC', '--amount', '1e5'), 2, /--amount/);
    assertFails(run('deposit', ...data, '--account', 'bob', '--asset', 'BTC', '--amount', '1'), 3, /keys create/);

    exchange.cli('markets', 'halt', 'BTCUSDT');
    assert.equal((await rest.call('POST', '/api/v3/order', order({side: 'SELL'}))).body.msg, 'Market is closed.');
    exchange.cli('markets', 'resume', 'BTCUSDT');
    assert.equal((await rest.call('POST', '/api/v3/order', order({side: 'SELL'}))).status, 200);
    exchange.cli('markets', 'add', 'XRPUSDT', '--base', 'XRP', '--quote', 'USDT', '--tick', '0.0001', '--lot', '0.1', '--price-min', '0.0001', '--quantity-min', '0.1');
    assert.equal(exchange.cli('markets', 'list').markets.length, 5);
    assert.equal((await rest.call('GET', '/api/v3/exchangeInfo', {}, false)).body.symbols.length, 5);
    assertFails(run('markets', 'add', 'XRPUSDT', '--base', 'XRP', '--quote', 'USDT', ...data), 2, /symbol_taken/);

    assert.equal(exchange.cli('keys', 'list').keys.length, 1);
    exchange.cli('keys', 'revoke', key.api_key);
    assert.equal((await rest.call('GET', '/api/v3/account')).body.code, -2015);
    assertFails(run('keys', 'revoke', key.api_key, ...data), 3, /no such key/);
    rest.close();
    for (const name of ['control.sock', 'master.key', 'keys.sqlite']) assert.equal(statSync(join(exchange.data, name)).mode & 0o077, 0, name);
  });
});

// What signs as the holder of a key pair does: base64 of RSA PKCS #1 v1.5 over SHA-256, or of Ed25519.
const signer = (pair) => (text) => sign(pair.privateKey.asymmetricKeyType === 'rsa' ? 'sha256' : null, Buffer.from(text), pair.privateKey).toString('base64');

test('keys of every type sign, and nothing else does', async () => {
  await house({}, async (exchange) => {
    const pairs = {rsa: generateKeyPairSync('rsa', {modulusLength: 2048}), rsa4096: generateKeyPairSync('rsa', {modulusLength: 4096}), ed25519: generateKeyPairSync('ed25519')};
    const keys = {hmac: exchange.account('alice', {BTC: '10', USDT: '100000'})};
    for (const [name, pair] of Object.entries(pairs)) {
      const file = join(exchange.data, `${name}.pem`);
      writeFileSync(file, pair.publicKey.export({type: 'spki', format: 'pem'}));
      const made = exchange.cli('keys', 'create', '--account', 'alice', '--type', name.replace('4096', ''), '--public-key', file);
      assert.deepEqual(Object.keys(made), ['api_key', 'account', 'account_id', 'permissions', 'type'], 'no secret');
      assert.equal(made.account_id, keys.hmac.account_id);
      keys[name] = {...made, sign: signer(pair)};
    }
    const list = () => exchange.cli('keys', 'list').keys.map(({api_key, type}) => [api_key, type]);
    assert.deepEqual(new Map(list()), new Map(Object.values(keys).map(({api_key, type}) => [api_key, type])));
    assert.match(run('keys', 'list', '--data', exchange.data).stdout, /ed25519/);

    const tryAll = async () => {
      for (const [name, key] of Object.entries(keys)) {
        const rest = new Rest(exchange.base, key);
        const account = await rest.call('GET', '/api/v3/account');
        assert.equal(account.status, 200, name);
        const placed = await rest.call('POST', '/api/v3/order', order({price: '40000', newClientOrderId: `by-${name}-${Date.now()}`}));
        assert.equal(placed.status, 200, `${name}: ${JSON.stringify(placed.body)}`);
        assert.equal((await rest.call('DELETE', '/api/v3/order', {symbol: 'BTCUSDT', orderId: placed.body.orderId})).status, 200, name);
        rest.close();
      }
    };
    await tryAll();

    // Every other answer than the right signature: {code, text} of each.
    const answer = async (api_key, sign) => {
      const rest = new Rest(exchange.base, {api_key, sign});
      const {status, body} = await rest.call('POST', '/api/v3/order', order({price: '40000'}));
      rest.close();
      assert.equal(status, 400);
      return body;
    };
    const wrong = {code: -1022, msg: 'Signature for this request is not valid.'};
    const malformed = (form) => ({code: -1100, msg: `Illegal characters found in parameter 'signature'; legal range is '${form}'.`});
    const forms = {rsa: '^[A-Za-z0-9+/]{341}[AQgw]==$', rsa4096: '^[A-Za-z0-9+/]{682}[AEIMQUYcgkosw048]=$', ed25519: '^[A-Za-z0-9+/]{85}[AQgw]==$'};
    for (const [name, form] of Object.entries(forms)) {
      const {api_key, sign: right} = keys[name];
      const again = name === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', {modulusLength: name === 'rsa' ? 2048 : 4096});
      assert.deepEqual(await answer(api_key, signer(again)), wrong, `${name}: of another pair`);
      assert.deepEqual(await answer(api_key, (text) => right(`${text}0`)), wrong, `${name}: of another text`);
      assert.deepEqual(await answer(api_key, (text) => right(text).slice(0, -1)), malformed(form), `${name}: without its last character`);
      assert.deepEqual(await answer(api_key, (text) => right(text).slice(0, 40)), malformed(form), `${name}: cut`);
      assert.deepEqual(await answer(api_key, (text) => right(text).replaceAll('=', '')), malformed(form), `${name}: without padding`);
      assert.deepEqual(await answer(api_key, (text) => ` ${right(text).slice(1)}`), malformed(form), `${name}: a space`);
      assert.deepEqual(await answer(api_key, () => 'a'.repeat(64)), malformed(form), `${name}: the form of HMAC`);
      for (const [other, {sign: otherSign}] of Object.entries(keys)) {
        if (otherSign && other !== name) assert.equal((await answer(api_key, otherSign)).code, -1100, `${other} for ${name}`);
      }
    }
    assert.deepEqual(await answer(keys.hmac.api_key, keys.ed25519.sign), malformed('^[A-Fa-f0-9]{64}$'));

    // They are there again after a restart, and go when they are revoked.
    await exchange.stop('SIGKILL');
    await exchange.start();
    await tryAll();
    exchange.cli('keys', 'revoke', keys.ed25519.api_key);
    const rest = new Rest(exchange.base, keys.ed25519);
    assert.equal((await rest.call('GET', '/api/v3/account')).body.code, -2015);
    rest.close();
  });
});

test('what is no public key is told so, by the name of its file', async () => {
  await house({}, async (exchange) => {
    const file = (name, content) => {
      writeFileSync(join(exchange.data, name), content);
      return join(exchange.data, name);
    };
    const create = (...words) => run('keys', 'create', '--data', exchange.data, '--account', 'mallory', ...words);
    const of = (pair, form = 'spki') => pair.publicKey.export({type: form, format: 'pem'});
    const rsa = generateKeyPairSync('rsa', {modulusLength: 2048}), ed25519 = generateKeyPairSync('ed25519');
    const cases = [
      ['ed25519', file('private.pem', ed25519.privateKey.export({type: 'pkcs8', format: 'pem'})), 2, /private\.pem: this is a private key/, /-pubout/],
      ['rsa', file('both.pem', of(rsa) + rsa.privateKey.export({type: 'pkcs8', format: 'pem'})), 2, /both\.pem: this is a private key/],
      ['rsa', file('short.pem', of(generateKeyPairSync('rsa', {modulusLength: 1024}))), 2, /short\.pem: this RSA key has 1024 bits/, /2048 to 4096/],
      ['rsa', file('old.pem', of(rsa, 'pkcs1')), 2, /old\.pem:.*older form/, /-RSAPublicKey_in/],
      ['rsa', file('ed.pem', of(ed25519)), 2, /ed\.pem: this is a key of Ed25519/, /its type is ed25519/],
      ['ed25519', file('rsa.pem', of(rsa)), 2, /rsa\.pem: this is a key of RSA/, /its type is rsa/],
      ['rsa', file('curve.pem', of(generateKeyPairSync('ec', {namedCurve: 'P-256'}))), 2, /curve\.pem: this is a key of EC/],
      ['ed25519', file('cut.pem', of(ed25519).slice(0, 60)), 2, /cut\.pem: this public key is damaged/],
      ['ed25519', file('empty.pem', ''), 2, /empty\.pem: this is no public key/, /BEGIN PUBLIC KEY/],
      ['rsa', file('noise.pem', Buffer.alloc(100_000, 7)), 2, /noise\.pem: a public key has at most/],
      ['rsa', join(exchange.data, 'nothing.pem'), 3, /nothing\.pem: No such file/],
      ['rsa', exchange.data, 3, /Is a directory/],
    ];
    for (const [type, path, status, ...parts] of cases) assertFails(create('--type', type, '--public-key', path), status, /^exchange: /, ...parts);
    assertFails(create('--type', 'rsa'), 2, /needs --public-key/);
    assertFails(create('--public-key', join(exchange.data, 'ed.pem')), 2, /--type rsa or --type ed25519/);
    assertFails(create('--type', 'dsa', '--public-key', join(exchange.data, 'ed.pem')), 2, /hmac,rsa,ed25519/);
    assert.deepEqual(exchange.cli('keys', 'list').keys, []);
    assertFails(run('deposit', '--data', exchange.data, '--account', 'mallory', '--asset', 'BTC', '--amount', '1'), 3, /no such account/);
  });
});

test('the demo account keeps its key over restarts', async () => {
  const exchange = new Exchange();
  const demo = async () => {
    exchange.words = ['start', '--demo'];
    await exchange.start();
    const printed = await until('a printed key', () => /API key {2}(\w+)\s[^]*secret {3}(\w+)\s/.exec(exchange.output));
    await exchange.stop();
    return {api_key: printed[1], secret: printed[2]};
  };
  try {
    await exchange.start();
    await exchange.stop();
    const first = await demo();
    assert.match(first.api_key, /^\w{64}$/);
    assert.deepEqual(await demo(), first);
    assert.equal(statSync(join(exchange.data, 'demo_key.json')).mode & 0o777, 0o600);
    exchange.words = ['start', '--no-demo'];
    await exchange.start();
    const rest = new Rest(exchange.base, first);
    const {balances} = (await rest.call('GET', '/api/v3/account')).body;
    rest.close();
    assert.deepEqual(Object.fromEntries(balances.map(({asset, free}) => [asset, Number(free)])), {BTC: 10, ETH: 100, SOL: 1000, USDT: 100000}, 'funded once');
  } finally {
    await exchange.dispose();
  }
});

test('production refuses deposits', async () => {
  process.env.EXCHANGE_ENVIRONMENT = 'production';
  try {
    await house({}, async (exchange) => {
      exchange.cli('keys', 'create', '--account', 'alice');
      assertFails(run('deposit', '--data', exchange.data, '--account', 'alice', '--asset', 'BTC', '--amount', '1'), 3, /production/);
    });
  } finally {
    delete process.env.EXCHANGE_ENVIRONMENT;
  }
});

test('inspect, replay, snapshot and verify agree, running and stopped', async () => {
  await house({}, async (exchange) => {
    const key = exchange.account('alice', {BTC: '10', USDT: '1000000'});
    const rest = new Rest(exchange.base, key);
    for (let i = 0; i < 40; ++i) assert.equal((await rest.call('POST', '/api/v3/order', order({side: i % 2 ? 'BUY' : 'SELL'}))).status, 200);
    const placed = (await rest.call('POST', '/api/v3/order', order({price: '40000', newClientOrderId: 'look-at-me'}))).body;
    const cancelled = await rest.call('DELETE', '/api/v3/order', {symbol: 'BTCUSDT', orderId: placed.orderId});
    assert.equal(cancelled.status, 200);
    rest.close();

    const snapshot = exchange.cli('snapshot');
    assert.equal(exchange.cli('replay', '--until', `${snapshot.sequence}`).state_hash, snapshot.state_hash);
    const running = exchange.cli('verify');
    assert.equal(running.ok, true, JSON.stringify(running));
    assert.equal(running.running, true);
    assert.equal(running.snapshots_checked, 1);
    await exchange.stop('SIGTERM');
    const stopped = exchange.cli('verify');
    assert.equal(stopped.ok, true, JSON.stringify(stopped));
    assert.ok(stopped.checkpoints_checked >= 2, 'a clean stop ends with a checkpoint');
    const second = exchange.cli('snapshot');
    assert.ok(second.sequence > snapshot.sequence);
    assert.equal(exchange.cli('replay').state_hash, second.state_hash);
    assert.equal(exchange.cli('verify').snapshots_checked, 2);

    const lines = (...words) => run('inspect', '--data', exchange.data, '--json', ...words).stdout.trim().split('\n').map((line) => JSON.parse(line));
    const all = lines();
    assert.deepEqual(all.map(({sequence}) => sequence), Array.from({length: stopped.last_sequence}, (_, i) => i + 1));
    assert.deepEqual(lines('--from', '3', '--to', '5').map(({sequence}) => sequence), [3, 4, 5]);
    assert.deepEqual(lines('--order', `${placed.orderId}`).map(({command}) => command), ['place_order', 'cancel_order']);
    assert.deepEqual(lines('--order', `${placed.orderId}`, '--events').filter(({event}) => event).map(({event}) => event), ['order_accepted', 'order_cancelled']);
    assert.ok(lines('--account', '1000').every(({command}) => ['open_account', 'deposit', 'place_order', 'cancel_order'].includes(command)));
    assert.match(run('inspect', '--data', exchange.data, '--from', '1', '--to', '1').stdout, /^sequence=1 .*epoch=1 command=started\n$/);
    assertFails(run('replay', '--data', exchange.data, '--until', '100000'), 3, /ends at record/);
  });
});

test('a torn tail is cut and said so; damage refuses to start and changes nothing', async () => {
  await house({}, async (exchange) => {
    const key = exchange.account('alice', {BTC: '10', USDT: '1000000'});
    const rest = new Rest(exchange.base, key);
    for (let i = 0; i < 10; ++i) assert.equal((await rest.call('POST', '/api/v3/order', order({price: '40000'}))).status, 200);
    await exchange.stop('SIGKILL');
    rest.close();
    const before = exchange.cli('replay');

    // A torn batch was never durable, and what was never durable is in no store: one that has it proves damage.
    for (const name of readdirSync(exchange.data)) if (/^(history|market_data)\.sqlite/.test(name)) rmSync(join(exchange.data, name));
    const bytes = readFileSync(segment(exchange));
    bytes[lastByte(bytes)] ^= 1;
    writeFileSync(segment(exchange), bytes);
    assert.match(exchange.cli('verify').torn_tail, /offset \d+/);
    await exchange.start();
    assert.match(exchange.output, /torn tail was cut: .*journal.* at offset \d+/);
    await exchange.stop('SIGTERM');
    assert.equal(exchange.cli('verify').ok, true);
    assert.ok(before.sequence > 0);

    const damaged = readFileSync(segment(exchange));
    damaged[512 + 200] ^= 1;
    writeFileSync(segment(exchange), damaged);
    const untouched = fingerprint(join(exchange.data, 'journal'));
    assertFails(run('start', '--data', exchange.data, '--listen', '127.0.0.1:0'), 3, /\.log/, /offset/);
    assert.equal(fingerprint(join(exchange.data, 'journal')), untouched);
    const verified = run('verify', '--data', exchange.data, '--json');
    assert.equal(verified.status, 1, verified.stdout);
    assert.match(JSON.parse(verified.stdout).problem, /\.log.*offset/);
  });
});

test('a damaged snapshot is passed over at start, and verify says so', async () => {
  await house({}, async (exchange) => {
    exchange.account('alice', {BTC: '10'});
    exchange.cli('snapshot');
    exchange.account('bob', {BTC: '10'});
    const newest = exchange.cli('snapshot');
    await exchange.stop('SIGKILL');
    const folder = join(exchange.data, 'snapshots');
    const file = join(folder, readdirSync(folder).sort().at(-1));
    const bytes = readFileSync(file);
    bytes[lastByte(bytes) - 100] ^= 1;
    writeFileSync(file, bytes);
    const verified = run('verify', '--data', exchange.data, '--json');
    assert.equal(verified.status, 1, verified.stdout);
    await exchange.start();
    assert.match(exchange.output, /snapshot passed over/);
    assert.ok(exchange.cli('status').durable_sequence > newest.sequence);
    assert.equal(exchange.cli('keys', 'list').keys.length, 2);
  });
});

test('snapshots by interval: old segments leave, recovery is short', async () => {
  const exchange = new Exchange();
  try {
    const config = join(exchange.data, 'exchange.toml');
    writeFileSync(config, '[journal]\nsegment_mib = 1\n[snapshots]\ninterval_commands = 1000\n');
    exchange.flags = ['--config', config];
    await exchange.start();
    const key = exchange.account('alice', {BTC: '1000', USDT: '90000000'});
    const clients = Array.from({length: 8}, () => new Rest(exchange.base, key));
    const state = () => exchange.cli('status').last_snapshot_sequence;
    const first = () => readdirSync(join(exchange.data, 'journal')).sort()[0];
    const begin = first();
    // Snapshots are made at the lowest priority: on a busy machine they take their time, so rounds end by the clock.
    for (const until = Date.now() + 180_000; Date.now() < until && (first() === begin || state() === 0); await sleep(50)) {
      await Promise.all(clients.map(async (rest, i) => {
        for (let n = 0; n < 60; ++n) await rest.call('POST', '/api/v3/order', order({side: (i + n) % 2 ? 'BUY' : 'SELL'}));
      }));
    }
    assert.notEqual(first(), begin, 'the first segment has left');
    assert.equal(exchange.cli('verify').ok, true);
    await exchange.stop('SIGKILL');
    for (const rest of clients) rest.close();
    await exchange.start();
    assert.match(exchange.output, /Recovered \d+ commands .*, \d+ of them from a snapshot/);
    const verified = exchange.cli('verify');
    assert.equal(verified.ok, true, JSON.stringify(verified));
    assert.equal(verified.snapshots_checked, 3);
  } finally {
    await exchange.dispose();
  }
});
