// Waiting for what another process does.
import assert from 'node:assert/strict';
import {setTimeout as sleep} from 'node:timers/promises';

// Until `condition` gives something true, which is returned; fails after `seconds`.
export async function until(what, condition, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(20)) {
    const value = await condition();
    if (value) return value;
  }
  assert.fail(`not within ${seconds} s: ${what}`);
}

// Until `check` no longer throws; fails with what it threw last.
export async function settles(check, seconds = 10) {
  for (const end = Date.now() + seconds * 1000; ; await sleep(50)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
