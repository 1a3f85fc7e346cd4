// Starts the exchange binary on a free port and a temporary folder, and stops only what it started.
import {spawn, spawnSync} from 'node:child_process';
import {generateKeyPairSync} from 'node:crypto';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.EXCHANGE_BINARY ?? join(root, 'build/release/exchange');

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export class Exchange {
  constructor({limits = 'open', listen = '127.0.0.1:0', flags = [], words = ['start', '--no-demo']} = {}) {
    if (!existsSync(binary)) throw new Error(`${binary} is not built (EXCHANGE_BINARY names another)`);
    this.data = mkdtempSync(join(tmpdir(), 'exchange-test-'));
    this.limits = limits;
    this.listen = listen;
    this.flags = flags;
    this.words = words;  // the command that starts it
  }

  // Serving: resolves to the base URL, or throws with what the process said.
  async start() {
    this.output = '';
    this.process = spawn(binary, [...this.words, '--data', this.data, '--listen', this.listen, '--limits', this.limits, ...this.flags]);
    this.exited = new Promise((done) => this.process.once('exit', (code, signal) => done({code, signal})));
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => (this.output += text));
    let stopped = false;
    this.exited.then(() => (stopped = true));
    for (let waited = 0; waited < 60_000; waited += 20) {
      if (stopped) throw new Error(`the exchange ended while starting:\n${this.output}`);
      const address = /http:\/\/127\.0\.0\.1:(\d+)/.exec(this.output);
      if (address) {
        this.base = address[0];
        try {
          if ((await fetch(`${this.base}/health/ready`)).status === 200) return this.base;
        } catch {
          // not listening yet
        }
      }
      await sleep(20);
    }
    throw new Error(`the exchange was not ready within 60 s:\n${this.output}`);
  }

  async stop(signal = 'SIGTERM') {
    if (!this.process) return undefined;
    this.process.kill(signal);
    const end = await this.exited;
    this.process = undefined;
    return end;
  }

  // One CLI command on this exchange's data folder; the parsed --json object. Throws what the command printed when it fails.
  cli(...words) {
    const run = spawnSync(binary, [...words, '--data', this.data, '--json'], {encoding: 'utf8'});
    if (run.status !== 0) throw new Error(`exchange ${words.join(' ')} ended with ${run.status}: ${run.stderr}${run.stdout}`);
    return JSON.parse(run.stdout);
  }

  // An account with money and an API key: {api_key, secret}.
  account(name, deposits, permissions = 'read,trade') {
    const key = this.cli('keys', 'create', '--account', name, '--permissions', permissions);
    for (const [asset, amount] of Object.entries(deposits)) this.cli('deposit', '--account', name, '--asset', asset, '--amount', amount);
    return key;
  }

  // A new key of this account whose pair is made here: {api_key, secret}, the secret being the private key in PEM.
  publicKeyAccount(name, type) {
    const {privateKey, publicKey} = type === 'rsa' ? generateKeyPairSync('rsa', {modulusLength: 2048}) : generateKeyPairSync('ed25519');
    const file = join(this.data, `${name}.pub.pem`);
    writeFileSync(file, publicKey.export({type: 'spki', format: 'pem'}));
    const {api_key} = this.cli('keys', 'create', '--account', name, '--type', type, '--public-key', file);
    return {api_key, secret: privateKey.export({type: 'pkcs8', format: 'pem'})};
  }

  async dispose() {
    await this.stop('SIGKILL');
    rmSync(this.data, {recursive: true, force: true});
  }
}
