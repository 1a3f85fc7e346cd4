// An independent account of what a client must own: deposits, plus what its fills say, minus what its open orders hold.
// Exact: amounts are BigInt counts of 1e-8.
import assert from 'node:assert/strict';

const unit = 100_000_000n;

export function units(text) {
  const match = /^(-?)(\d+)(?:\.(\d{1,8})0*)?$/.exec(text);
  assert.ok(match, `${text} is not a decimal with at most 8 places`);
  const value = BigInt(match[2]) * unit + BigInt((match[3] ?? '').padEnd(8, '0'));
  return match[1] ? -value : value;
}

// The product of two counts of 1e-8; the exchange lists only markets in which it is exact.
function product(a, b) {
  assert.equal((a * b) % unit, 0n, 'price × quantity is a whole number of 1e-8');
  return (a * b) / unit;
}

// What the account owns, from its deposits, all its fills and its open orders as the exchange reports them.
export function expected(deposits, assetsOf, fills, openOrders) {
  const total = {}, used = {};
  const add = (map, asset, by) => (map[asset] = (map[asset] ?? 0n) + by);
  for (const [asset, amount] of Object.entries(deposits)) add(total, asset, units(amount));
  for (const fill of fills) {
    const {base, quote} = assetsOf(fill.symbol);
    const quantity = units(fill.qty), cost = product(units(fill.price), quantity);
    assert.equal(units(fill.quoteQty), cost, 'quoteQty is price × qty');
    add(total, base, fill.isBuyer ? quantity : -quantity);
    add(total, quote, fill.isBuyer ? -cost : cost);
    assert.equal(fill.commissionAsset, fill.isBuyer ? base : quote, 'the fee is taken from what is received');
    add(total, fill.commissionAsset, -units(fill.commission));
  }
  for (const order of openOrders) {
    const {base, quote} = assetsOf(order.symbol);
    const open = units(order.origQty) - units(order.executedQty);
    if (order.side === 'BUY') add(used, quote, product(units(order.price), open));
    else add(used, base, open);
  }
  return {total, used};
}

// Every asset of the account equals what is expected, to the last digit.
export function assertBalances(balances, {total, used}, step) {
  const assets = new Set([...Object.keys(total), ...Object.keys(used), ...balances.map((balance) => balance.asset)]);
  for (const asset of assets) {
    const have = balances.find((balance) => balance.asset === asset) ?? {free: '0', locked: '0'};
    assert.equal(units(have.locked), used[asset] ?? 0n, `${step}: ${asset} used`);
    assert.equal(units(have.free), (total[asset] ?? 0n) - (used[asset] ?? 0n), `${step}: ${asset} free`);
  }
}
