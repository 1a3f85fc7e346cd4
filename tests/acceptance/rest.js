// A minimal signed REST client for load: keep-alive, one request at a time per connection.
import {createHmac} from 'node:crypto';
import {Agent, request} from 'node:http';

export class Rest {
  // `key`: {api_key, secret}, or {api_key, sign} with a function from the text to the signature's text.
  constructor(base, key) {
    this.base = new URL(base);
    this.key = key;
    this.sign = key?.sign ?? ((text) => createHmac('sha256', key.secret).update(text).digest('hex'));
    this.agent = new Agent({keepAlive: true, maxSockets: 1});
  }

  // Resolves to {status, body}; rejects when the connection broke: the outcome is then unknown.
  call(method, path, parameters = {}, signed = true) {
    const query = new URLSearchParams(parameters);
    if (signed) query.set('timestamp', Date.now());
    let target = query.toString();
    if (signed) target += `&signature=${encodeURIComponent(this.sign(target))}`;
    return new Promise((resolve, reject) => {
      const call = request({host: this.base.hostname, port: this.base.port, method, path: `${path}?${target}`, agent: this.agent,
                            headers: signed ? {'X-MBX-APIKEY': this.key.api_key} : {}}, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('aborted')));
        response.on('end', () => {
          try {
            resolve({status: response.statusCode, body: JSON.parse(Buffer.concat(parts).toString())});
          } catch (error) {
            reject(error);
          }
        });
      });
      call.on('error', reject);
      call.end();
    });
  }

  close() { this.agent.destroy(); }
}
