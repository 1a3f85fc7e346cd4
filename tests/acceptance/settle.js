// After every step, what accounts own equals what their deposits, fills and open orders imply.
import assert from 'node:assert/strict';
import {assertBalances, expected} from './money.js';

async function allFills(trader, symbol) {
  const fills = [];
  while (true) {
    const page = await trader.privateGetMyTrades({symbol, limit: 1000, fromId: fills.length === 0 ? 0 : Number(fills.at(-1).id) + 1});
    fills.push(...page);
    if (page.length < 1000) return fills;
  }
}

// `traders`: ccxt clients by the name of their account; `deposits`: by the same names. Compares the REST account endpoint, and
// ccxt's own view of it, to the last digit.
export async function settle(step, traders, deposits) {
  for (const [name, trader] of Object.entries(traders)) {
    const account = await trader.privateGetAccount();
    const fills = [], open = await trader.privateGetOpenOrders();
    for (const listed of Object.values(trader.markets)) fills.push(...await allFills(trader, listed.id));
    const assetsOf = (id) => { const at = trader.markets_by_id[id][0]; return {base: at.baseId, quote: at.quoteId}; };
    assertBalances(account.balances, expected(deposits[name], assetsOf, fills, open), `${step}, ${name}`);
    const view = await trader.fetchBalance();
    for (const {asset, free, locked} of account.balances) {
      assert.equal(Number(view[asset].free), Number(free));
      assert.equal(Number(view[asset].used), Number(locked));
    }
  }
}
