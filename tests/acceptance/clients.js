// Unmodified ccxt and ccxt.pro clients, pointed at an exchange of ours.
import ccxt from 'ccxt';

const paths = {public: '/api/v3', private: '/api/v3', v1: '/api/v1', sapi: '/sapi/v1', sapiV2: '/sapi/v2', sapiV3: '/sapi/v3', sapiV4: '/sapi/v4',
               fapiPublic: '/fapi/v1', dapiPublic: '/dapi/v1'};

function configure(exchange, base) {
  for (const [name, path] of Object.entries(paths)) exchange.urls.api[name] = base + path;
  return exchange;
}
const settings = (key, options) => ({
  apiKey: key?.api_key, secret: key?.secret, enableRateLimit: false,
  options: {defaultType: 'spot', fetchMarkets: {types: ['spot']}, ...options},
});

// `key`: {api_key, secret}; the secret of an RSA or Ed25519 key is its private key in PEM, by which ccxt tells them apart.
export function client(base, key, options = {}) {
  const exchange = configure(new ccxt.binance(settings(key, options)), base);
  exchange.number = String;  // ccxt's own way to keep decimals exact
  return exchange;
}

// It watches over WebSocket. Numbers are JavaScript's here: ccxt.pro keeps its books by them.
export async function proClient(base, key, options = {}) {
  const exchange = configure(new ccxt.pro.binance(settings(key, options)), base);
  const sockets = base.replace(/^http/, 'ws');
  exchange.urls.api.ws.spot = `${sockets}/ws`;
  exchange.urls.api.ws['ws-api'].spot = `${sockets}/ws-api/v3`;
  await exchange.loadHttpProxyAgent();  // without it ccxt makes every ws:// connection a TLS one
  return exchange;
}
