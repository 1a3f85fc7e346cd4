// The picture and the table of an order's life in services/orders/README.md are made from the table the fold goes by.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/orders/lifecycle.h"
#include "tests/tidy/generated.h"

namespace tidy {
namespace {

using orders::OrderStatus;

std::string name(OrderStatus status) { return std::string(orders::kStatusNames[static_cast<std::size_t>(status)]); }
std::string name(orders::Happening happening) {
  return std::string(orders::kHappeningNames[static_cast<std::size_t>(happening)]);
}

// Mermaid: an arrow for each pair of different statuses, with all that leads from one to the other. A colon ends a
// label there.
std::string picture() {
  std::map<std::pair<OrderStatus, OrderStatus>, std::string> arrows;
  for (const auto& [from, happening, to] : orders::kLifecycle) {
    if (from == to) continue;
    std::string& label = arrows[{from, to}];
    std::string what = name(happening);
    if (const std::size_t colon = what.find(':'); colon != std::string::npos) what.erase(colon, 1);
    label += (label.empty() ? "" : ", ") + what;
  }
  std::string out = "```mermaid\nstateDiagram-v2\n    [*] --> pending_new: PlaceOrder\n";
  for (const auto& [arrow, label] : arrows)
    out += "    " + name(arrow.first) + " --> " + name(arrow.second) + ": " + label + "\n";
  for (std::size_t i = 0; i < orders::kStatusCount; ++i) {
    const auto status = static_cast<OrderStatus>(i);
    if (is_closed(status)) out += "    " + name(status) + " --> [*]\n";
  }
  return out + "```\n";
}

bool anything_can_happen(OrderStatus status) {
  for (const orders::Transition& row : orders::kLifecycle) {
    if (row.from == status) return true;
  }
  return false;
}

std::string table() {
  std::string head = "| |", rule = "|---|", out;
  std::vector<OrderStatus> columns;
  for (std::size_t i = 0; i < orders::kStatusCount; ++i) {
    const auto status = static_cast<OrderStatus>(i);
    if (!anything_can_happen(status)) continue;
    columns.push_back(status);
    head += " " + name(status) + " |";
    rule += "---|";
  }
  for (std::size_t i = 0; i < orders::kHappeningCount; ++i) {
    const auto happening = static_cast<orders::Happening>(i);
    out += "| " + name(happening) + " |";
    for (const OrderStatus status : columns) {
      const bool can = can_happen(status, happening);
      out += !can                                 ? " |"
             : after(status, happening) == status ? " stays |"
                                                  : " " + name(after(status, happening)) + " |";
    }
    out += "\n";
  }
  return head + "\n" + rule + "\n" + out;
}

TEST(Lifecycle, ThePictureIsCurrent) {
  expect_generated("services/orders/README.md", "order's life", picture() + "\n" + table());
}

}  // namespace
}  // namespace tidy
