// Defects that exchanges elsewhere are known for, shown on the records that commands are kept in.
#include <gtest/gtest.h>

#include "services/engine/command_samples.h"

namespace engine {
namespace {

// A record whose fields follow each other without saying which are there reads price or quantity out of a client order
// id that is missing, or the other way round.
// rule: defect-client-id-shifts-fields
TEST(KnownDefects, AnOptionalClientOrderIdShiftsNoFieldOfARecord) {
  core::Random random(1);
  for (int i = 0; i < 500; ++i) {
    auto place = std::get<orders::PlaceOrder>(samples::random_command(random, Command(orders::PlaceOrder{}).index()));
    place.client_order_id = {};
    for (std::size_t length = 0; length <= core::ClientOrderId::capacity; ++length) {
      orders::PlaceOrder sent = place;
      sent.client_order_id = core::ClientOrderId{std::string(length, 'x')};
      core::Bytes bytes;
      encode({}, sent, bytes);
      core::BytesView rest(bytes);
      const auto record = core::take_record(rest);
      ASSERT_TRUE(record.has_value());
      const auto decoded = decode(*record);
      ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
      auto read = std::get<orders::PlaceOrder>(*decoded);
      EXPECT_EQ(read.client_order_id, sent.client_order_id);
      read.client_order_id = {};
      ASSERT_TRUE(samples::same(read, place)) << "with an id of " << length;
    }
  }
}

}  // namespace
}  // namespace engine
