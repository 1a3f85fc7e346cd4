// Candles of all intervals from a list of trades: an independent computation to compare with.
import {units} from './money.js';

const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
const lengths = {'1s': second, '1m': minute, '3m': 3 * minute, '5m': 5 * minute, '15m': 15 * minute, '30m': 30 * minute, '1h': hour, '2h': 2 * hour,
                 '4h': 4 * hour, '6h': 6 * hour, '8h': 8 * hour, '12h': 12 * hour, '1d': day, '3d': 3 * day, '1w': 7 * day};
export const intervals = [...Object.keys(lengths), '1M'];

// When the period that `time` lies in begins, in UTC: weeks on Monday, months by the calendar.
export function periodStart(interval, time) {
  if (interval === '1M') {
    const date = new Date(time);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  const shift = interval === '1w' ? 4 * day : 0;  // 1970 began on a Thursday: its first Monday was the 5th
  return Math.floor((time - shift) / lengths[interval]) * lengths[interval] + shift;
}
export function periodNext(interval, start) {
  if (interval !== '1M') return start + lengths[interval];
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

// `trades`: as GET /api/v3/trades gives them, all since the first. Up to the period of `now`; periods without trades are flat.
export function candlesOf(trades, interval, now) {
  const candles = [];
  let at = 0;
  for (let start = periodStart(interval, trades[0].time); start <= now; start = periodNext(interval, start)) {
    const end = periodNext(interval, start);
    const before = candles.at(-1)?.close;
    const candle = {start, end: end - 1, open: before, high: before, low: before, close: before, volume: 0n, quote: 0n, count: 0, takerBase: 0n, takerQuote: 0n};
    for (; at < trades.length && trades[at].time < end; ++at) {
      const {price, qty, quoteQty, isBuyerMaker} = trades[at], value = units(price), quantity = units(qty), amount = units(quoteQty);
      if (candle.count === 0) Object.assign(candle, {open: value, high: value, low: value});
      candle.high = value > candle.high ? value : candle.high;
      candle.low = value < candle.low ? value : candle.low;
      candle.close = value;
      candle.volume += quantity;
      candle.quote += amount;
      candle.count += 1;
      if (!isBuyerMaker) {
        candle.takerBase += quantity;
        candle.takerQuote += amount;
      }
    }
    candles.push(candle);
  }
  return candles;
}

// A row of GET /api/v3/klines, in the form of candlesOf.
export function candleOfRow([start, open, high, low, close, volume, end, quote, count, takerBase, takerQuote]) {
  return {start, end, open: units(open), high: units(high), low: units(low), close: units(close), volume: units(volume), quote: units(quote), count,
          takerBase: units(takerBase), takerQuote: units(takerQuote)};
}
