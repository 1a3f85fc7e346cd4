// The demo account: opened, funded and given a key once per data folder, shown at every start.
#pragma once

#include <string>

#include "cmd/exchange/exchange.h"
#include "gateways/auth/key_ring.h"
#include "services/keys/store.h"

namespace exchange {

struct DemoAccount {
  std::string name, api_key, secret;
  bool created = false;  // its key, at this start
};

// Any part that is missing is made: each step may have been the last one before a crash. The key lies in
// DIR/demo_key.json, readable by its owner only. REQUIRES that nothing else drives the exchange yet.
[[nodiscard]] core::Result<DemoAccount> prepare_demo(const std::string& data, Exchange& exchange, keys::Store& store,
                                                     auth::KeyRing& ring);

}  // namespace exchange
