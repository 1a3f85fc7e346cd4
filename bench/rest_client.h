// Signed orders over the REST API: HTTP/1.1, keep-alive, pipelined.
#pragma once

#include "bench/client_session.h"
#include "bench/order_flow.h"
#include "bench/signer.h"

namespace bench {

// Connections take the credentials in turn. REQUIRES at least one.
[[nodiscard]] ClientFactory rest_clients(std::vector<Credentials> credentials, OrderFlowOptions flow);

// A whole HTTP answer at the front of `text`; `bytes` is 0 when it is not complete. Errors: invalid_input.
struct HttpAnswer {
  std::size_t bytes = 0;
  int status = 0;
  std::string_view head, body;
  // The value of a field, by its name in any case; empty when it is missing.
  [[nodiscard]] std::string_view field(std::string_view name) const;
};
[[nodiscard]] core::Result<HttpAnswer> take_http_answer(std::string_view text);

}  // namespace bench
